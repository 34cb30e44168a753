'use strict';

const path = require('node:path');
const MiniCssExtractPlugin = require('mini-css-extract-plugin');
const { ModuleFederationPlugin } = require('webpack').container;
const manifest = require('./bundle/pluginhub.json');

// Every module of pluginhub.json is exposed under its name, from the file of the same name.
const exposes = Object.fromEntries(
  manifest.modules.map(({ name }) => [`./${name}`, `./src/${name}.jsx`]),
);

// All plugins use the React of the page.
const shared = Object.fromEntries(
  ['react', 'react-dom'].map((name) => [name, { singleton: true, requiredVersion: '^18.0.0' }]),
);

module.exports = {
  mode: 'production',
  entry: {},
  devtool: false,
  output: {
    path: path.join(__dirname, 'bundle', 'dist'),
    clean: true,
    // The plugin finds its chunks and images beside itself, wherever it is served from.
    publicPath: 'auto',
    uniqueName: manifest.scope,
    chunkFilename: '[name].[contenthash:8].js',
    assetModuleFilename: '[name].[hash:8][ext]',
  },
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
    new MiniCssExtractPlugin({ chunkFilename: '[name].[contenthash:8].css' }),
    new ModuleFederationPlugin({
      name: manifest.scope,
      library: { type: 'var', name: manifest.scope },
      filename: 'remoteEntry.js',
      exposes,
      shared,
    }),
  ],
};
