import type { TestContext } from 'node:test'
import { legacyEventRoutes } from '../../src/client-api/events-legacy.ts'
import { receiptRoutes } from '../../src/client-api/receipts.ts'
import { roomEventRoutes } from '../../src/client-api/room-events.ts'
import { syncRoutes } from '../../src/client-api/sync.ts'
import { typingRoutes } from '../../src/client-api/typing.ts'
import { bearer, startServer } from '../http/server-fixture.ts'
import { createSyncFixture } from '../rooms/sync-fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { openTestSqlite } from '../support/databases.ts'
import { inject } from '../support/inject.ts'

type Method = 'GET' | 'PUT' | 'POST'

/** A server with the reading endpoints, called as alice. `fixture` writes the rooms directly. */
export async function serveFixture(t: TestContext, names: readonly string[]) {
  const fixture = await createSyncFixture(t, await openTestSqlite(t), names)
  const routes = [
    ...syncRoutes(fixture.reads),
    ...legacyEventRoutes(fixture.reads),
    ...roomEventRoutes(fixture.reads),
    ...receiptRoutes(fixture.receipts),
    ...typingRoutes(fixture),
  ]
  const { server } = startServer(routes)
  afterTest(t, () => server.close())
  return {
    ...fixture,
    call: async (method: Method, path: string, body?: unknown) => {
      const url = path.startsWith('/_matrix') ? path : `/_matrix/client/v3${path}`
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      const response = await inject(server, { method, url, headers: bearer, ...payload })
      // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the type of the response
      return { status: response.statusCode, body: response.json() as any }
    },
  }
}

export const escaped = encodeURIComponent
