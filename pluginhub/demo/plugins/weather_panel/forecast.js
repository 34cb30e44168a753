// Invented weather, in degrees Celsius.

export const NOW = { sky: 'Partly cloudy', degrees: 17 };

export const DAYS = [
  { day: 'Mon', sky: 'Cloudy', low: 11, high: 18 },
  { day: 'Tue', sky: 'Sunny', low: 12, high: 21 },
  { day: 'Wed', sky: 'Sunny', low: 14, high: 23 },
  { day: 'Thu', sky: 'Rain', low: 12, high: 16 },
  { day: 'Fri', sky: 'Showers', low: 10, high: 15 },
  { day: 'Sat', sky: 'Cloudy', low: 9, high: 17 },
  { day: 'Sun', sky: 'Sunny', low: 11, high: 20 },
];
