import { useState } from 'react';
import './card.css';

export default function Card({ greeting = 'Hello' }) {
  const [count, setCount] = useState(0);
  return (
    <div className="SLUG-card">
      <p>{greeting}</p>
      <button type="button" onClick={() => setCount(count + 1)}>
        Clicked {count}
      </button>
    </div>
  );
}
