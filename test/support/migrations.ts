import { MIGRATIONS } from '../../src/storage/migrate.ts'

/** All migrations, in ascending order. */
export const migrations = await Promise.all(Object.values(MIGRATIONS).map((load) => load()))
