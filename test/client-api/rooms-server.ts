import type { TestContext } from 'node:test'
import { createRoomRoutes } from '../../src/client-api/create-room.ts'
import { directoryRoutes } from '../../src/client-api/directory.ts'
import { redactionRoutes } from '../../src/client-api/redaction.ts'
import { roomMembershipRoutes } from '../../src/client-api/room-membership.ts'
import { roomSendRoutes } from '../../src/client-api/room-send.ts'
import { roomStateWriteRoutes } from '../../src/client-api/room-state-write.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createRateLimiter } from '../../src/http/rate-limit.ts'
import { createHttpServer } from '../../src/http/server.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { createRoomsFixture, type RoomsFixture } from '../rooms/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedResponses } from '../support/response-check.ts'
import { openTestSqlite } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

export type ClientResponse = { status: number; body: Record<string, unknown> }
export type Ask = (who: string, method: string, path: string, body?: unknown) => Promise<ClientResponse>

/**
 * A server with the writing endpoints of rooms. The token of a user is their name. Paths are below
 * `/_matrix/client`.
 */
export async function startRooms(t: TestContext): Promise<{ fixture: RoomsFixture; ask: Ask }> {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const config = loadConfig({
    argv: ['--listen', '127.0.0.1:0'],
    env: { BELFRY_RATE_LIMITS_ENABLED: 'false' },
  })
  const server = createHttpServer({
    config,
    routes: [
      createRoomRoutes,
      roomMembershipRoutes,
      roomSendRoutes,
      roomStateWriteRoutes,
      redactionRoutes,
      directoryRoutes,
    ].flatMap((routes) => routes(fixture)),
    authenticate: async (name) => ({
      userId: `@${name}:here` as UserId,
      deviceId: 'PHONE' as DeviceId,
      isAdmin: false,
    }),
    limiter: createRateLimiter(config.rate_limits, fixture.clock),
    log: silentLog,
    metrics: createMetrics({ processMetrics: false }),
    onResponse: checkedResponses(t),
  })
  const { url } = await server.listen()
  afterTest(t, () => server.close())
  const ask: Ask = async (who, method, path, body) => {
    const response = await fetch(`${url}/_matrix/client${path}`, {
      method,
      headers: { authorization: `Bearer ${who}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { fixture, ask }
}
