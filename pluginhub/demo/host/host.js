// The host page of the demo: signs a user in, loads the user's plugins as webpack Module
// Federation containers, and shows their modules as cards.

const { React, ReactDOM } = window;

const API = new URL('../api/v1', document.baseURI).href;

const page = {
  signIn: document.querySelector('#sign-in'),
  session: document.querySelector('#session'),
  username: document.querySelector('#username'),
  signOut: document.querySelector('#sign-out'),
  error: document.querySelector('#error'),
  title: document.querySelector('#workspace-title'),
  plugins: document.querySelector('#plugins'),
  empty: document.querySelector('#empty'),
};

// --- The state of the page: signed-out, loading or ready ------------------------------------

function enter(state) {
  document.body.dataset.state = state;
}

function showError(message) {
  page.error.textContent = message;
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// --- The API --------------------------------------------------------------------------------

// The access token is kept here and nowhere else. The refresh token is an HttpOnly cookie, which
// the browser sends by itself.
let accessToken = null;

class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const headers = { Accept: 'application/json' };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  if (options.body) headers['Content-Type'] = 'application/json';
  const response = await fetch(API + path, { ...options, headers }).catch(() => {
    throw new ApiError(0, 'The server cannot be reached.');
  });
  const content = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, explain(response, content));
  return content;
}

// The server says in `detail` what was wrong: one sentence, or a list with one entry per field.
function explain(response, content) {
  const detail = content?.detail;
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map(({ msg }) => msg).join('. ');
  return `The server answered ${response.status} ${response.statusText}`.trim();
}

function post(path, body = {}) {
  return request(path, { method: 'POST', body: JSON.stringify(body) });
}

async function refresh() {
  accessToken = null;
  const tokens = await post('/auth/refresh');
  accessToken = tokens.access_token;
}

// A page may stay open for longer than its access token lives.
async function renewing(call) {
  try {
    return await call();
  } catch (error) {
    if (error.status !== 401) throw error;
    await refresh();
    return call();
  }
}

// --- Signing in and out ---------------------------------------------------------------------

// Whether a cookie may be there, which the page cannot see: asking the server without one would
// leave an error in the console of everybody who opens the page for the first time.
const MAY_RESUME = 'pluginhub-demo-may-resume';

async function resume() {
  if (!localStorage.getItem(MAY_RESUME)) return askToSignIn();
  try {
    await refresh();
  } catch {
    askToSignIn();
    return;
  }
  await open();
}

function askToSignIn(message = '') {
  accessToken = null;
  localStorage.removeItem(MAY_RESUME);
  page.session.hidden = true;
  enter('signed-out');
  showError(message);
  page.signIn.elements.name.focus();
}

async function signIn(event) {
  event.preventDefault();
  const { name, password } = page.signIn.elements;
  const button = page.signIn.querySelector('button');
  showError('');
  button.disabled = true;
  try {
    const tokens = await post('/auth/login', { email: name.value, password: password.value });
    accessToken = tokens.access_token;
    localStorage.setItem(MAY_RESUME, 'yes');
  } catch (error) {
    showError(error.message);
    password.select();
    return;
  } finally {
    button.disabled = false;
  }
  page.signIn.reset();
  await open();
  page.title.focus();
}

async function signOut() {
  try {
    await renewing(() => post('/auth/logout'));
  } catch (error) {
    const alreadySignedOut = [401, 403].includes(error.status);
    if (!alreadySignedOut) return showError(error.message);
  }
  localStorage.removeItem(MAY_RESUME);
  location.reload();
}

// --- The user's plugins ---------------------------------------------------------------------

async function open() {
  enter('loading');
  try {
    const user = await request('/auth/me');
    page.username.textContent = user.username;
    page.session.hidden = false;
    const manifest = await request('/plugins/manifest/designer');
    await showPlugins(Object.values(manifest));
  } catch (error) {
    if (error.status === 401) return askToSignIn(error.message);
    showError(error.message);
  }
  enter('ready');
  followDevelopment();
}

// Reloads this page whenever somebody gives its user another state of a plugin that they write.
function followDevelopment() {
  const src = new URL('../static/dev-reload.js', document.baseURI).href;
  if (!document.querySelector(`script[src="${src}"]`)) document.head.append(element('script', { src }));
}

async function showPlugins(plugins) {
  page.empty.hidden = plugins.length > 0;
  await Promise.all(plugins.map(showPlugin));
}

// Every plugin gets its place at once, so that the order does not depend on the network. What goes
// wrong in one plugin is shown in its place and does not disturb the others.
async function showPlugin(plugin) {
  const place = element('section', { className: 'plugin', ariaLabel: plugin.name });
  place.append(card(plugin, '', element('p', { className: 'waiting', textContent: 'Loading…' })));
  page.plugins.append(place);
  try {
    const loaded = await loadPlugin(plugin);
    place.replaceChildren();
    for (const { module, component } of loaded) showModule(place, plugin, module, component);
  } catch (error) {
    place.replaceChildren(card(plugin, 'Could not be loaded', failure(plugin, error)));
  }
}

function card(plugin, moduleName, ...content) {
  const heading = element(
    'h2',
    {},
    element('span', { textContent: plugin.name }),
    ' ',
    element('span', { className: 'version', textContent: plugin.version }),
    ' ',
    element('span', { className: 'module-name', textContent: moduleName }),
  );
  return element('article', { className: 'card' }, heading, ...content);
}

function failure(plugin, error) {
  const message = element('p', { className: 'error', textContent: error.message });
  message.dataset.failed = plugin.id;
  message.setAttribute('role', 'alert');
  return message;
}

// --- Loading a plugin -----------------------------------------------------------------------

// A script announces its container a moment after it has been loaded.
const SETTLE_MILLISECONDS = 100;

async function loadPlugin(plugin) {
  if (!plugin.scope) throw new Error('The manifest names no scope.');
  if (!plugin.modules?.length) throw new Error('The manifest names no modules.');
  if (!plugin.bundlelocation) throw new Error('The manifest names no bundle.');
  await loadScript(scriptUrl(plugin));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
  const container = findContainer(plugin.scope);
  await container.init(shareScope);
  const modules = plugin.modules.map(async (module) => ({
    module,
    component: await loadComponent(container, module.name),
  }));
  return Promise.all(modules);
}

function scriptUrl({ id, database_id, bundlelocation, version }) {
  if (/^https?:\/\//.test(bundlelocation)) return bundlelocation;
  const url = `${API}/public/plugins/${database_id ?? id}/${bundlelocation.replace(/^\//, '')}`;
  const versioned = version && bundlelocation.endsWith('remoteEntry.js');
  return versioned ? `${url}?v=${encodeURIComponent(version)}` : url;
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = element('script', { src: url, onload: resolve });
    script.onerror = () => reject(new Error('The script of the plugin could not be loaded.'));
    document.head.append(script);
  });
}

function findContainer(scope) {
  const name = scopeVariations(scope).find((variation) => window[variation]?.get);
  if (!name) throw new Error(`The script defines no container “${scope}”.`);
  return window[name];
}

function scopeVariations(scope) {
  const separated = (sign) => scope.replace(/([a-z0-9])([A-Z])/g, `$1${sign}$2`).toLowerCase();
  return [
    scope,
    separated('_'),
    scope.replaceAll('-', '_'),
    scope.replaceAll('_', '-'),
    separated('-'),
  ];
}

// Of two failures the first says what went wrong: a module is exposed as "./Name" as a rule.
async function getFactory(container, name) {
  try {
    return await container.get(`./${name}`);
  } catch (error) {
    return container.get(name).catch(() => {
      throw error;
    });
  }
}

async function loadComponent(container, name) {
  const factory = await getFactory(container, name);
  const component = unwrap(factory());
  if (!isComponent(component)) throw new Error(`The module “${name}” is not a React component.`);
  return component;
}

// Depending on how a plugin was built, its component is behind one `default` or several.
const MOST_DEFAULTS = 6;

function unwrap(exported) {
  let value = exported;
  for (let depth = 0; depth < MOST_DEFAULTS && !isComponent(value); depth += 1) {
    value = value?.default;
  }
  return value;
}

// A component is a function or a class, or what React.memo, forwardRef and lazy return.
function isComponent(value) {
  return typeof value === 'function' || Boolean(value?.$$typeof);
}

// --- What host and plugins share ------------------------------------------------------------

// All plugins use the React of this page. `loaded` says that it is in use already, which is why
// none of them fetches the copy in its own bundle.
function provided(library, name) {
  return { [library.version]: { get: async () => () => library, from: name, loaded: 1 } };
}

const shareScope = {
  react: provided(React, 'host'),
  'react-dom': provided(ReactDOM, 'host'),
};

// --- Showing a module -----------------------------------------------------------------------

// Keeps an error inside the card of the module that it comes from.
class Boundary extends React.Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const { plugin } = this.props;
    const properties = { className: 'error', role: 'alert', 'data-failed': plugin.id };
    return React.createElement('p', properties, error.message);
  }
}

function showModule(place, plugin, module, component) {
  const root = element('div');
  place.append(card(plugin, module.displayName ?? module.name, root));
  const content = React.createElement(component, module.props);
  ReactDOM.flushSync(() => {
    ReactDOM.createRoot(root).render(React.createElement(Boundary, { plugin }, content));
  });
}

// --- Start ----------------------------------------------------------------------------------

page.signIn.addEventListener('submit', signIn);
page.signOut.addEventListener('click', signOut);
resume();
