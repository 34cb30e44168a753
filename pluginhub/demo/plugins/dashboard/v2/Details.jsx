import { count, DAYS, money, total } from '../shared/figures.js';
import manifest from './pluginhub.json';

const BEST = DAYS.reduce((best, day) => (day.revenue > best.revenue ? day : best));

const FIGURES = [
  ['Orders', count(total('orders'))],
  ['Per order', money(total('revenue') / total('orders'))],
  ['Best day', BEST.day],
];

export default function Details() {
  return (
    <dl className="dashboard-figures" data-lazy={manifest.slug}>
      {FIGURES.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
