import { Client } from 'pg'

/** @param url of a PostgreSQL database */
export const hasPostgresTables = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ found: boolean }>(
      `select to_regclass('schema_migrations') is not null as found`,
    )
    return rows[0]?.found === true
  })

/** Raises the sequence of positions of a database that no process uses, so that the positions in between are never given. */
export const skipPostgresPositions = (url: string, count: number): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(`select setval('stream_positions', last_value + $1) from stream_positions`, [count])
  })

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
