import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { freePort } from '../support/free-port.ts'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { registerUser } from '../support/client.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../support/loopback-certificate.ts'
import { startTestServer } from '../support/server.ts'

// Runs the configurations printed in docs/operating.md with their programs.

const GUIDE = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')

/** The text of the only code block in a language. */
function block(language: string): string {
  const found = [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))]
  assert.equal(found.length, 1, `one block of ${language}`)
  return found[0]?.[1] ?? ''
}

const NGINX = '/usr/sbin/nginx'

/** The printed server block, with the ports and certificates of the test. */
async function startNginx(t: TestContext, upstream: string): Promise<number> {
  const folder = temporaryFolder(t)
  const port = await freePort()
  writeFileSync(join(folder, 'cert.pem'), LOOPBACK_CERTIFICATE)
  writeFileSync(join(folder, 'key.pem'), LOOPBACK_KEY)
  mkdirSync(join(folder, 'tmp'))
  const replacements: [string, string][] = [
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['listen [::]:443 ssl;', ''],
    ['/etc/letsencrypt/live/matrix.example.org/fullchain.pem', join(folder, 'cert.pem')],
    ['/etc/letsencrypt/live/matrix.example.org/privkey.pem', join(folder, 'key.pem')],
    ['http://127.0.0.1:8008', upstream],
  ]
  let server = block('nginx')
  for (const [printed, own] of replacements) {
    assert.ok(server.includes(printed), printed)
    server = server.replaceAll(printed, own)
  }
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, 'tmp', kind)};`,
  )
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; pid ${join(folder, 'pid')}; error_log stderr crit; events {} http { access_log off; ${folders.join(' ')}\n${server}\n}`,
  )
  const nginx = spawn(NGINX, ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  afterTest(t, async () => {
    if (nginx.exitCode !== null) return
    nginx.kill('SIGTERM')
    await once(nginx, 'exit')
  })
  await eventually(async () => (await get(port, '/_matrix/client/versions')).status === 200)
  return port
}

function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, ca: LOOPBACK_CERTIFICATE }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    asked.on('error', () => resolve({ status: 0, body: '' })).end()
  })
}

describe('the operating guide', () => {
  const skip = existsSync(NGINX) ? false : 'nginx is not installed'
  test('nginx as printed forwards public paths only', { skip }, async (t) => {
    const settings = { BELFRY_PUBLIC_URL: 'https://matrix.example.org', BELFRY_TRUST_PROXY: 'true' }
    const server = await startTestServer(t, { env: settings })
    const alice = await registerUser(server.url, 'alice')
    const port = await startNginx(t, server.url)
    const discovery = await get(port, '/.well-known/matrix/client')
    assert.equal(discovery.status, 200)
    assert.match(discovery.body, /https:\/\/matrix\.example\.org/)
    for (const path of ['/_matrix/client/v3/pushers', '/_belfry/v1/pushers'])
      assert.match((await get(port, path)).body, /M_MISSING_TOKEN/, path)
    for (const path of ['/health', '/ready', '/metrics', '/', '/_belfry'])
      assert.equal((await get(port, path)).status, 404, path)

    // A long poll passes through nginx and returns with the event.
    const { next_batch: since } = await alice.get('/sync')
    const query = `access_token=${alice.token}&since=${String(since)}&timeout=30000`
    const waiting = get(port, `/_matrix/client/v3/sync?${query}`)
    await alice.put(`/user/${alice.userId}/account_data/m.test`, { woken: true })
    assert.match((await waiting).body, /woken/)
  })

  test('the systemd unit as printed is accepted by systemd', (t) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('systemd is not installed')
    const folder = temporaryFolder(t)
    // Only the program of the unit must exist on this machine.
    const unit = block('ini').replace('/opt/belfry/bin/belfry', '/bin/true')
    const file = join(folder, 'belfry.service')
    writeFileSync(file, unit)
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    })
    const own = stderr.split('\n').filter((line) => line.includes('belfry.service'))
    assert.deepEqual([status, own], [0, []], stderr)
  })

  test('the configuration as printed is accepted', async () => {
    const { loadConfig } = await import('../../src/config/load.ts')
    const [first] = GUIDE.matchAll(/^```yaml\n(.*?)^```/gms)
    const config = loadConfig({ argv: ['--config', 'x'], env: {}, readFile: () => first?.[1] ?? '' })
    assert.deepEqual([config.server_name, config.trust_proxy], ['example.org', true])
  })

  test('Caddy as printed is accepted by Caddy', (t) => {
    if (spawnSync('caddy', ['version']).status !== 0) return t.skip('caddy is not installed')
    const file = join(temporaryFolder(t), 'Caddyfile')
    writeFileSync(file, block('caddy'))
    execFileSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', file], { stdio: 'pipe' })
  })
})
