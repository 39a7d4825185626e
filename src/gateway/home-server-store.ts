import { query } from '../storage/query.ts'

/** The home server that owns the database; the database of a gateway that runs alone has none. */
export const homeServer = query()((db) => db.selectFrom('server').select('name').where('id', '=', 1))
