import { lazy, Suspense, useMemo } from 'react';
import { DAYS, money, total } from '../shared/figures.js';
import manifest from './pluginhub.json';
import './dashboard.css';

const Details = lazy(() => import('./Details'));

const WIDTH = 300;
const HEIGHT = 90;

// The points of the curve, from left to right; the best day touches the top.
function curve(values) {
  const most = Math.max(...values);
  const step = WIDTH / (values.length - 1);
  return values.map((value, index) => `${index * step},${HEIGHT * (1 - value / most)}`).join(' ');
}

function Curve({ values }) {
  const points = useMemo(() => curve(values), [values]);
  return (
    <svg
      className="dashboard-curve"
      viewBox={`0 -3 ${WIDTH} ${HEIGHT + 3}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
      <polyline points={points} />
    </svg>
  );
}

const REVENUE = DAYS.map(({ revenue }) => revenue);

export default function DashboardCard({ title = 'Revenue this week' }) {
  return (
    <div
      className="dashboard"
      data-plugin={manifest.slug}
      data-version={manifest.version}
      data-module="DashboardCard"
    >
      <div className="dashboard-banner" data-image={manifest.slug}>
        {title}
        <strong>{money(total('revenue'))}</strong>
        <span className="dashboard-trend">▲ 12% on last week</span>
        <Curve values={REVENUE} />
      </div>
      <Suspense fallback={<p>Loading the key figures…</p>}>
        <Details />
      </Suspense>
    </div>
  );
}
