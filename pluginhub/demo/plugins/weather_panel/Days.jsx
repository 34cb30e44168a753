import { DAYS } from './forecast.js';
import manifest from './pluginhub.json';

const COLDEST = Math.min(...DAYS.map(({ low }) => low));
const SPAN = Math.max(...DAYS.map(({ high }) => high)) - COLDEST;

// Where a temperature stands on the bar, which runs from the coldest to the warmest.
function position(degrees) {
  return (degrees - COLDEST) / SPAN;
}

function Range({ low, high }) {
  const left = `${position(low) * 100}%`;
  const right = `${(1 - position(high)) * 100}%`;
  return (
    <span className="forecast-range" aria-hidden="true">
      <span style={{ left, right }} />
    </span>
  );
}

export default function Days({ days, show }) {
  return (
    <ol className="forecast-days" data-lazy={manifest.slug}>
      {DAYS.slice(0, days).map(({ day, sky, low, high }) => (
        <li key={day}>
          <b>{day}</b>
          <span className="forecast-sky">{sky}</span>
          <span>{show(low)}</span>
          <Range low={low} high={high} />
          <span>{show(high)}</span>
        </li>
      ))}
    </ol>
  );
}
