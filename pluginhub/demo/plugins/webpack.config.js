'use strict';

// One webpack configuration per plugin version. What differs between them stands in their
// pluginhub.json; what they have in common stands here.

const path = require('node:path');
const MiniCssExtractPlugin = require('mini-css-extract-plugin');
const { ModuleFederationPlugin } = require('webpack').container;

const DIRECTORIES = ['dashboard/v1', 'dashboard/v2', 'weather_panel'];

const shared = Object.fromEntries(
  ['react', 'react-dom'].map((name) => [name, { singleton: true, requiredVersion: '^18.0.0' }]),
);

// Every module of the manifest is exposed under its name, from the file of the same name.
function exposes(directory, manifest) {
  return Object.fromEntries(
    manifest.modules.map(({ name }) => [`./${name}`, `./${directory}/${name}.jsx`]),
  );
}

function configuration(directory) {
  const manifest = require(`./${directory}/pluginhub.json`);
  return {
    name: directory,
    mode: 'production',
    context: __dirname,
    entry: {},
    devtool: false,
    output: {
      path: path.join(__dirname, directory, 'dist'),
      clean: true,
      // The bundle finds its chunks and images beside itself, wherever it is served from.
      publicPath: 'auto',
      uniqueName: `${manifest.scope}@${manifest.version}`,
      chunkFilename: '[name].[contenthash:8].js',
      assetModuleFilename: '[name].[hash:8][ext]',
    },
    // A chunk says by its name what it holds; the ids do not change with the machine.
    optimization: { chunkIds: 'named', moduleIds: 'deterministic' },
    resolve: { extensions: ['.jsx', '...'] },
    module: {
      rules: [
        {
          test: /\.jsx$/,
          loader: 'esbuild-loader',
          options: { target: 'es2020', jsx: 'automatic' },
        },
        { test: /\.css$/, use: [MiniCssExtractPlugin.loader, 'css-loader'] },
        { test: /\.(png|svg)$/, type: 'asset/resource' },
      ],
    },
    plugins: [
      // Styles are files, so a page needs no policy that allows it inline ones.
      new MiniCssExtractPlugin({ chunkFilename: '[name].[contenthash:8].css' }),
      new ModuleFederationPlugin({
        name: manifest.scope,
        library: { type: 'var', name: manifest.scope },
        filename: 'remoteEntry.js',
        exposes: exposes(directory, manifest),
        shared,
      }),
    ],
  };
}

module.exports = DIRECTORIES.map(configuration);
