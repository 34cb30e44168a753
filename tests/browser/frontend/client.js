// What the existing frontend sends and reads, written from http-api section 4. Wherever it reads a
// field that is not there, this client throws.

const BASE = new URLSearchParams(location.search).get('api');

// --- Transport (4.1) --------------------------------------------------------------------------

const store = {
  get access() { return localStorage.getItem('accessToken'); },
  keep(tokens) {
    localStorage.setItem('accessToken', read(tokens, 'access_token'));
    localStorage.setItem('refreshToken', read(tokens, 'refresh_token'));
    localStorage.setItem('tokenExpiresAt', Date.now() + read(tokens, 'expires_in') * 1000);
    localStorage.setItem('refreshTokenExpiresAt', Date.now() + read(tokens, 'refresh_expires_in') * 1000);
  },
  drop() { localStorage.clear(); },
};

class ApiError extends Error {
  constructor(status, body) {
    super(`Request failed with status code ${status}`);
    this.status = status;
    this.body = body;
  }
}

function read(object, ...names) {
  return names.reduce((found, name) => {
    if (found === null || typeof found !== 'object' || !(name in found)) {
      throw new TypeError(`no ${names.join('.')} in ${JSON.stringify(object).slice(0, 500)}`);
    }
    return found[name];
  }, object);
}

async function send(method, path, { body, form, again = false } = {}) {
  const headers = { Accept: 'application/json' };
  if (store.access) headers.Authorization = `Bearer ${store.access}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await fetch(`${BASE}/api/v1${path}`, {
    method, headers, credentials: 'include', body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const exempt = path.includes('/auth/login') || path.includes('/auth/register');
  if (response.status === 401 && !exempt && !again) {
    await refresh();
    return send(method, path, { body, form, again: true });
  }
  if ([401, 403].includes(response.status) && typeof answer.detail !== 'string') {
    throw new TypeError('detail of 401 and 403 must be a text: its methods are called');
  }
  throw new ApiError(response.status, answer);
}

async function refresh() {
  const refreshToken = localStorage.getItem('refreshToken');
  const response = await fetch(`${BASE}/api/v1/auth/refresh`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });
  const answer = await response.json();
  if (response.status === 401) throw new Error('the existing frontend hangs for 30 seconds here');
  if (!response.ok) {
    store.drop();
    throw new ApiError(response.status, answer);
  }
  store.keep(answer);
}

// --- Boot (4.2) -------------------------------------------------------------------------------

async function login(email, password) {
  const answer = await send('POST', '/auth/login', { body: { email, password } });
  store.keep(answer);
  return read(answer, 'user', 'id');
}

const me = async () => read(await send('GET', '/auth/me'), 'username');

async function logout() {
  await send('POST', '/auth/logout');
  store.drop();
}

// --- The loader (4.3) -------------------------------------------------------------------------

const shared = {
  react: { '18.3.1': { get: async () => () => window.React, loaded: true, from: 'host', eager: true } },
  'react-dom': { '18.3.1': { get: async () => () => window.ReactDOM, loaded: true, from: 'host', eager: true } },
};

function scriptUrl(entry) {
  const location = entry.bundlelocation.replace(/^\//, '');
  const id = entry.database_id || entry.id;
  const bust = location.endsWith('remoteEntry.js') && entry.version ? `?v=${encodeURIComponent(entry.version)}` : '';
  return `${BASE}/api/v1/public/plugins/${id}/${location}${bust}`;
}

function addScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`script ${url}`));
    document.head.append(script);
  });
}

async function loadPlugin(entry) {
  if (!entry.scope || !Array.isArray(entry.modules) || !entry.modules.length) return null;
  await addScript(scriptUrl(entry));
  const container = window[entry.scope];
  if (!container) throw new Error(`no container ${entry.scope}`);
  await container.init(shared);
  const modules = {};
  for (const module of entry.modules) {
    const factory = await container.get(`./${read(module, 'name')}`);
    let component = factory();
    for (let level = 0; level < 6 && component && component.default; level += 1) component = component.default;
    if (typeof component !== 'function') throw new Error(`${module.name} is no component`);
    if (!module.tags.every((tag) => typeof tag === 'string')) throw new TypeError('tags');
    for (const name of ['requiredServices', 'configFields']) {
      if (typeof module[name] !== 'object' || Array.isArray(module[name])) throw new TypeError(name);
    }
    modules[module.name] = component;
  }
  return modules;
}

async function loadAll() {
  const manifest = await send('GET', '/plugins/manifest/designer');
  const loaded = {};
  for (const [slug, entry] of Object.entries(manifest)) {
    const modules = await loadPlugin(entry);
    loaded[slug] = { id: read(entry, 'id'), version: entry.version, modules: modules && Object.keys(modules) };
    for (const component of Object.values(modules ?? {})) {
      const place = document.querySelector('#root').appendChild(document.createElement('div'));
      window.ReactDOM.createRoot(place).render(window.React.createElement(component));
    }
  }
  return loaded;
}

const manifest = () => send('GET', '/plugins/manifest/designer');

// --- The installer (4.4) ----------------------------------------------------------------------

const STEPS = { url_parsing: 1, release_lookup: 2, download_and_extract: 2, file_upload: 2, plugin_validation: 3, file_extraction: 3 };

async function install(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  try {
    const answer = await send('POST', '/plugins/install', { form });
    if (answer.status !== 'success') return { failed: answer };
    const data = read(answer, 'data');
    const modules = read(data, 'modules_created').join(', ');
    const found = { slug: read(data, 'plugin_slug'), id: read(data, 'plugin_id'), source: read(data, 'source'), modules };
    if (found.source === 'github') {
      found.repository = read(data, 'repo_url');
      found.version = read(data, 'version');
    }
    return { ...found, message: read(answer, 'message'), listed: await isListed(found) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return failure(error.body);
  }
}

function failure(body) {
  const { detail } = body;
  if (detail && typeof detail === 'object' && !Array.isArray(detail)) {
    const step = read(detail, 'details', 'step');
    return { message: read(detail, 'message'), step, number: STEPS[step] ?? 4, suggestions: read(detail, 'suggestions') };
  }
  return { message: typeof detail === 'string' ? detail : 'Installation failed' };
}

async function isListed({ slug, id }) {
  const entries = Object.values(await send('GET', '/plugins/manifest/designer'));
  const wanted = slug || id;
  return entries.some((entry) => [entry.id, entry.plugin_slug, entry.slug, entry.name].includes(wanted));
}

const installFile = (base64, filename) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return install({ file: new File([bytes], filename), method: 'local-file', filename });
};

const installGithub = (repository, version = 'latest') =>
  install({ method: 'github', repo_url: repository, version });

const testLoading = (slug) => send('POST', `/plugins/${slug}/test-loading`);

// --- The plugin manager (4.5) -----------------------------------------------------------------

async function list({ search = '', category = '', tags = [], page = 1, pageSize = 16 } = {}) {
  const query = new URLSearchParams({ page, pageSize });
  if (search) query.set('search', search);
  if (category) query.set('category', category);
  if (tags.length) query.set('tags', tags.join(','));
  const answer = await send('GET', `/plugins/manager?${query}`);
  const cards = read(answer, 'modules').map((module) => {
    for (const name of ['id', 'pluginId', 'name', 'displayName', 'description', 'icon', 'category', 'enabled', 'tags']) read(module, name);
    return { id: module.id, pluginId: module.pluginId, name: module.name, enabled: module.enabled };
  });
  if (new Set(cards.map((card) => `${card.pluginId}-${card.id}`)).size !== cards.length) throw new Error('equal keys');
  return { cards, total: read(answer, 'totalItems') };
}

const filters = async () => ({
  categories: read(await send('GET', '/plugins/categories'), 'categories'),
  tags: read(await send('GET', '/plugins/tags'), 'tags'),
});

async function details({ pluginId, id }) {
  await send('GET', '/plugins/test');
  const { module, plugin } = await send('GET', `/plugins/direct/${pluginId}/modules/${id}`);
  for (const name of ['id', 'name', 'version', 'sourceUrl', 'updateAvailable', 'latestVersion']) read(plugin, name);
  const found = { name: read(module, 'name'), enabled: read(module, 'enabled'), plugin: plugin.id, version: plugin.version };
  found.buttons = Boolean(plugin.sourceUrl);
  if (plugin.sourceUrl) {
    const answer = await send('GET', `/plugins/${slugOf(plugin.id)}/update/available`);
    if (read(answer, 'status') !== 'success') throw new Error('no status of updates');
    found.update = read(answer, 'data', 'update_available') ? read(answer, 'data', 'latest_version') : null;
  }
  found.siblings = read(await send('GET', `/plugins/${pluginId}/modules`), 'modules').map((item) => item.name);
  return found;
}

const slugOf = (pluginId) => (pluginId.includes('_') ? pluginId.slice(pluginId.indexOf('_') + 1) : pluginId);

const toggle = ({ pluginId, id }, enabled) =>
  send('PATCH', `/plugins/${pluginId}/modules/${id}`, { body: { enabled } });

const update = (pluginId) => send('POST', `/plugins/${slugOf(pluginId)}/update`);
const uninstall = (pluginId) => send('DELETE', `/plugins/${slugOf(pluginId)}/uninstall`);

async function updates() {
  const answer = await send('GET', '/plugins/updates/available');
  return read(answer, 'data', 'available_updates').map((item) => ({
    slug: slugOf(read(item, 'plugin_id')), from: read(item, 'current_version'), to: read(item, 'latest_version'),
  }));
}

async function caught(call) {
  const begin = performance.now();
  try {
    await call();
    return null;
  } catch (error) {
    return { status: error.status, detail: error.body?.detail, seconds: (performance.now() - begin) / 1000 };
  }
}

window.client = {
  caught, details, filters, installFile, installGithub, list, loadAll, login, logout, manifest, me,
  refresh, send, testLoading, toggle, uninstall, update, updates,
};
document.body.dataset.state = 'ready';
