import { lazy, Suspense, useState } from 'react';
import { NOW } from './forecast.js';
import manifest from './pluginhub.json';
import './forecast.css';

const Days = lazy(() => import('./Days'));

const UNITS = {
  C: (degrees) => `${degrees}°`,
  F: (degrees) => `${Math.round(degrees * 1.8 + 32)}°`,
};

export default function ForecastCard({ place = 'Hamburg', days = 5 }) {
  const [unit, setUnit] = useState('C');
  const other = unit === 'C' ? 'F' : 'C';
  return (
    <div
      className="forecast"
      data-plugin={manifest.slug}
      data-version={manifest.version}
      data-module="ForecastCard"
    >
      <div className="forecast-now" data-image={manifest.slug}>
        {place}
        <strong>{UNITS[unit](NOW.degrees)}</strong>
        {NOW.sky}
      </div>
      <Suspense fallback={<p>Loading the days…</p>}>
        <Days days={days} show={UNITS[unit]} />
      </Suspense>
      <button type="button" onClick={() => setUnit(other)}>
        Show °{other}
      </button>
    </div>
  );
}
