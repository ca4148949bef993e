/** The sessions that stores in databases are measured with, by the length of their JSON. */
export const SESSIONS = {
  '300 B': {
    userId: 12345, name: 'Ada Lovelace', email: 'ada@example.org', roles: ['admin', 'editor'], theme: 'dark',
    cart: [{ sku: 'A-100', quantity: 2 }, { sku: 'B-7', quantity: 1 }], lastSeen: '2026-01-01T00:00:00.000Z', note: 'x'.repeat(64),
  },
  '4 KiB': Object.fromEntries(Array.from({ length: 20 }, (_, index) => [
    `key${index}`, { text: 'x'.repeat(160), number: index, list: [1, 2, 3] },
  ])),
};

/** The same as a store takes it. */
export function textsOf(values) {

  return new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));

}
