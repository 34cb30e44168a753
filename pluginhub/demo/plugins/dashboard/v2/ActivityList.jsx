import { useState } from 'react';
import manifest from './pluginhub.json';
import './activity.css';

// Invented events, newest first.
const EVENTS = [
  { kind: 'order', text: 'Order 2417 paid', when: '2 min ago' },
  { kind: 'review', text: 'Five stars for “Oak shelf”', when: '18 min ago' },
  { kind: 'order', text: 'Order 2416 shipped', when: '41 min ago' },
  { kind: 'stock', text: '“Linen lamp” is running low', when: '1 h ago' },
  { kind: 'order', text: 'Order 2415 paid', when: '2 h ago' },
  { kind: 'review', text: 'Four stars for “Ash stool”', when: '3 h ago' },
  { kind: 'stock', text: '40 “Wool throw” arrived', when: '5 h ago' },
];

const KINDS = { all: 'All', order: 'Orders', review: 'Reviews', stock: 'Stock' };

function Filter({ chosen, choose }) {
  return (
    <div className="activity-filter" role="group" aria-label="Show">
      {Object.entries(KINDS).map(([kind, label]) => (
        <button key={kind} type="button" aria-pressed={kind === chosen} onClick={() => choose(kind)}>
          {label}
        </button>
      ))}
    </div>
  );
}

export default function ActivityList({ limit = 6 }) {
  const [kind, setKind] = useState('all');
  const events = EVENTS.filter((event) => kind === 'all' || event.kind === kind).slice(0, limit);
  return (
    <div data-plugin={manifest.slug} data-version={manifest.version} data-module="ActivityList">
      <Filter chosen={kind} choose={setKind} />
      <ul className="activity">
        {events.map(({ kind, text, when }) => (
          <li key={text} className={`activity-${kind}`}>
            {text}
            <small>{when}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}
