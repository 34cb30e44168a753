import { lazy, Suspense, useState } from 'react';
import { count, DAYS, total } from '../shared/figures.js';
import manifest from './pluginhub.json';
import './dashboard.css';

const Details = lazy(() => import('./Details'));

const MOST = Math.max(...DAYS.map(({ orders }) => orders));

function Bar({ day, orders }) {
  return (
    <li className="dashboard-bar" title={`${day}: ${orders} orders`}>
      <span style={{ '--share': orders / MOST }} />
      {day}
    </li>
  );
}

export default function DashboardCard({ title = 'Orders this week' }) {
  const [open, setOpen] = useState(false);
  return (
    <div
      className="dashboard"
      data-plugin={manifest.slug}
      data-version={manifest.version}
      data-module="DashboardCard"
    >
      <div className="dashboard-banner" data-image={manifest.slug}>
        <strong>{count(total('orders'))}</strong> {title}
      </div>
      <ul className="dashboard-bars">{DAYS.map((day) => <Bar key={day.day} {...day} />)}</ul>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide details' : 'Show details'}
      </button>
      {open && (
        <Suspense fallback={<p>Loading the details…</p>}>
          <Details />
        </Suspense>
      )}
    </div>
  );
}
