import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { settings } from '../../src/config/settings.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'

test('a running server reads every setting of the schema', async (t) => {
  const { config, unread } = recorded(everythingOn(t))
  const belfry = await createBelfry(config)
  afterTest(t, () => belfry.close())
  const { url } = await belfry.listen()
  await fetch(`${url}/_matrix/client/v3/sync?access_token=unknown`)
  // `data` is read while the configuration is loaded, for the path of the database. Those of NATS are read on
  // PostgreSQL only (test/cluster/nats-link.test.ts).
  const isElsewhere = (key: string) => key === 'data' || (key.startsWith('cluster.') && key !== 'cluster.bus')
  const paths = settings.filter(({ key }) => !isElsewhere(key)).map(({ path }) => path)
  assert.deepEqual(
    unread(paths),
    [],
    'no code reads these settings when a server starts: pass them in from app.ts, or remove them',
  )
  assert.deepEqual(unread([...paths, ['push', 'planted']]), ['push.planted'])
})

/** Enables all optional parts, because a disabled part does not read its settings. */
function everythingOn(t: TestContext): Config {
  const data = newDataFolder(t)
  const passwordFile = join(data, 'password')
  writeFileSync(passwordFile, 'secret\n')
  return loadConfig({
    argv: ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent'],
    env: {
      BELFRY_EMAIL_SMTP: 'smtps://127.0.0.1:9',
      BELFRY_EMAIL_FROM: 'belfry@example.org',
      BELFRY_EMAIL_USER: 'belfry',
      BELFRY_EMAIL_PASSWORD_FILE: passwordFile,
      BELFRY_PUBLIC_URL: 'https://example.org',
    },
  })
}

/** Records the keys that are read from the configuration. Copying a section with `...` counts as reading all of it. */
function recorded(config: Config): {
  config: Config
  unread: (paths: readonly (readonly string[])[]) => string[]
} {
  const read = new Set<string>()
  const sections = new Set(settings.flatMap(({ path }) => (path.length > 1 ? [path[0]] : [])))
  const watch = <T extends object>(section: T, under: string): T =>
    new Proxy(section, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        const key = `${under}${String(name)}`
        if (under === '' && sections.has(key)) return watch(value as object, `${key}.`)
        read.add(key)
        return value
      },
    })
  return {
    config: watch(config, ''),
    unread: (paths) => paths.map((path) => path.join('.')).filter((key) => !read.has(key)),
  }
}
