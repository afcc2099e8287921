/** What the page says of this version. */
export const headline = 'AI Trading Bot';
export const tagline = 'Following the market';
