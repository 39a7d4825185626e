import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { registerUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { launchProcess } from '../support/process.ts'

test('a server in its own process reports a response that does not match the schemas of its route', async (t) => {
  const data = newDataFolder(t)
  const server = launchProcess({ data })
  const alice = await registerUser(await server.ready, 'alice')
  const path = `/user/${encodeURIComponent(alice.userId)}/account_data/org.example.theme`
  await alice.put(path, { colour: 'green' })
  await alice.get('/sync')
  {
    using db = new DatabaseSync(join(data, 'belfry.db'))
    db.prepare(`update account_data set content = '[]' where type = 'org.example.theme'`).run()
  }
  await alice.get('/sync?full_state=true')
  await assert.rejects(server.end('SIGKILL'), /GET \/_matrix\/client\/v3\/sync 200: account_data\.events/)
})
