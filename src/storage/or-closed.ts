import type { Database } from './database.ts'

/** Makes a part that needs the database, and closes the database if that fails. */
export async function orClosed<T>(db: Database, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    await db[Symbol.asyncDispose]()
    throw error
  }
}
