import { DAYS, money } from '../shared/figures.js';
import manifest from './pluginhub.json';

export default function Details() {
  return (
    <table className="dashboard-table" data-lazy={manifest.slug}>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Orders</th>
          <th scope="col">Revenue</th>
        </tr>
      </thead>
      <tbody>
        {DAYS.map(({ day, orders, revenue }) => (
          <tr key={day}>
            <th scope="row">{day}</th>
            <td>{orders}</td>
            <td>{money(revenue)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
