import type { TestContext } from 'node:test'
import { type Belfry, createBelfry, type Environment } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { afterTest } from './after-test.ts'
import { CHEAP } from './cheap-passwords.ts'
import { assertNoFaults, createResponseCheck } from './response-check.ts'
import { newDataFolder } from './databases.ts'

export type TestServer = {
  url: string
  data: string
  accounts: Belfry['accounts']
  media: Belfry['media']
  close: () => Promise<void>
}

export type TestServerOptions = {
  data?: string
  flags?: readonly string[]
  env?: Readonly<Record<string, string>>
  environment?: Partial<Environment>
}

/**
 * Starts a complete Belfry in this process, on a free loopback port: open registration, no rate limits, pokes
 * to loopback allowed, and no presence, which would wake waiting syncs. Hashes of passwords are cheap. The
 * test fails if a response does not match the schemas of its route.
 * @param options.data an existing data directory; `flags`: further flags of `belfry serve`; `env`: settings
 *   from the environment; `environment`: replacements, such as another clock
 */
export async function startTestServer(
  t: TestContext,
  { data = newDataFolder(t), flags = [], env = {}, environment = {} }: TestServerOptions = {},
): Promise<TestServer> {
  const config = loadConfig({
    argv: [
      '--listen',
      '127.0.0.1:0',
      '--data',
      data,
      '--open-registration',
      '--log-level',
      'silent',
      ...flags,
    ],
    env: {
      BELFRY_RATE_LIMITS_ENABLED: 'false',
      BELFRY_PUSH_ALLOW_IP_RANGES: '127.0.0.0/8',
      BELFRY_PRESENCE_ENABLED: 'false',
      ...env,
    },
  })
  const check = createResponseCheck()
  const belfry = await createBelfry(config, {
    onResponse: check.onResponse,
    passwordCost: CHEAP,
    ...environment,
  })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= belfry.close())
  afterTest(t, async () => {
    await close()
    assertNoFaults(check)
  })
  const { url } = await belfry.listen()
  return { url, data, accounts: belfry.accounts, media: belfry.media, close }
}
