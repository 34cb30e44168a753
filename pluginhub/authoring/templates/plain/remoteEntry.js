// What webpack's Module Federation would write, by hand: a container named as the scope in
// pluginhub.json, which gets the React of the page and gives out the modules.
var SCOPE = (() => {
  let React;

  // Each module of pluginhub.json under its name.
  const modules = {
    Card({ greeting }) {
      const [count, setCount] = React.useState(0);
      return React.createElement(
        'div',
        null,
        React.createElement('p', null, greeting),
        React.createElement('button', { onClick: () => setCount(count + 1) }, `Clicked ${count}`),
      );
    },
  };

  return {
    async init(shared) {
      const [react] = Object.values(shared.react);
      React = (await react.get())();
    },
    async get(name) {
      const component = modules[name.replace(/^\.\//, '')];
      if (!component) throw new Error(`There is no module ${name}.`);
      return () => ({ default: component });
    },
  };
})();
