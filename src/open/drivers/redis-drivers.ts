import { type Candidate, noneIfMissing } from './load-driver.js';

export const REDIS: Candidate = {
  name: 'redis',
  load: async () => {
    try {
      return await import('redis' as string);
    } catch (error) {
      return noneIfMissing(error, 'redis');
    }
  },
};

export const IOREDIS: Candidate = {
  name: 'ioredis',
  load: async () => {
    try {
      return await import('ioredis' as string);
    } catch (error) {
      return noneIfMissing(error, 'ioredis');
    }
  },
};
