// Invented figures of a small web shop.

export const DAYS = [
  { day: 'Mon', orders: 148, revenue: 5210 },
  { day: 'Tue', orders: 172, revenue: 6034 },
  { day: 'Wed', orders: 165, revenue: 5790 },
  { day: 'Thu', orders: 201, revenue: 7342 },
  { day: 'Fri', orders: 236, revenue: 8815 },
  { day: 'Sat', orders: 189, revenue: 6671 },
  { day: 'Sun', orders: 121, revenue: 4128 },
];

export function total(key) {
  return DAYS.reduce((sum, day) => sum + day[key], 0);
}

export function count(value) {
  return value.toLocaleString('en');
}

export function money(value) {
  return value.toLocaleString('en', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 });
}
