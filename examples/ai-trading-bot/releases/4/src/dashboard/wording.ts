/** What the page says of this version. */
export const headline = 'AI Trading Bot';
export const tagline = 'Against the market, patiently';
