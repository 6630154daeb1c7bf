// Name and version as the API and its description tell them.
export const PRODUCT_NAME = 'adyton';
export const VERSION = '0.1.0';
