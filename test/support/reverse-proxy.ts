import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestEnd } from './after-test.ts'
import { afterTest } from './after-test.ts'
import { temporaryFolder } from './databases.ts'
import { freePort } from './free-port.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from './loopback-certificate.ts'

// The reverse proxies of deploy/, with the addresses and certificates of a test.

export type ReverseProxy = {
  name: string
  /** Why it cannot run here. */
  skip: string | false
  /** Starts it in front of a server. */
  start: (t: TestEnd, upstream: string) => Promise<TlsPorts>
}
/** `pokes`: of the site of the push gateway, which can be the same. */
export type TlsPorts = { port: number; pokes: number }

const NGINX = '/usr/sbin/nginx'
const read = (name: string) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8')

const withoutNginx = !existsSync(NGINX) && 'nginx is not installed'
const withoutCaddy = spawnSync('caddy', ['version']).status !== 0 && 'caddy is not installed'

export const REVERSE_PROXIES: readonly ReverseProxy[] = [
  { name: 'nginx.conf', skip: withoutNginx, start: startNginx },
  { name: 'Caddyfile', skip: withoutCaddy, start: (t, upstream) => startCaddy(t, 'Caddyfile', upstream) },
  {
    name: 'Caddyfile.cluster',
    skip: withoutCaddy,
    start: (t, upstream) => startCaddy(t, 'Caddyfile.cluster', upstream),
  },
]

/** How long a proxy waits for the response to a poke, in the files and in tests. */
const POKE_TIMEOUT: [string, string] = ['timeout 12s', 'timeout 1s']

/** Replaces each text, which must be there. */
function withReplacements(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((result, [from, to]) => {
    assert.ok(result.includes(from), from)
    return result.replaceAll(from, to)
  }, text)
}

function writeCertificate(folder: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(certificate, LOOPBACK_CERTIFICATE)
  writeFileSync(key, LOOPBACK_KEY)
  return { certificate, key }
}

async function startNginx(t: TestEnd, upstream: string): Promise<TlsPorts> {
  const folder = temporaryFolder(t)
  const { certificate, key } = writeCertificate(folder)
  const [port, plainPort] = [await freePort(), await freePort()]
  const servers = withReplacements(read('nginx.conf'), [
    ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['listen [::]:80;', ''],
    ['/etc/letsencrypt/live/matrix.example.org/fullchain.pem', certificate],
    ['/etc/letsencrypt/live/matrix.example.org/privkey.pem', key],
    ['server 127.0.0.1:8008;', `server ${new URL(upstream).host};`],
    POKE_TIMEOUT,
  ])
  mkdirSync(join(folder, 'tmp'))
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, 'tmp', kind)};`,
  )
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; pid ${join(folder, 'pid')}; error_log stderr crit; events {} http { access_log off; ${folders.join(' ')}\n${servers}\n}`,
  )
  run(t, NGINX, ['-c', file, '-p', folder])
  return { port, pokes: port }
}

/** All names of servers in the file stand for the one upstream. */
async function startCaddy(t: TestEnd, name: string, upstream: string): Promise<TlsPorts> {
  const folder = temporaryFolder(t)
  const { certificate, key } = writeCertificate(folder)
  const [port, gatewayPort] = [await freePort(), await freePort()]
  const { host } = new URL(upstream)
  const isCluster = name === 'Caddyfile.cluster'
  const sites = withReplacements(read(name), isCluster ? [POKE_TIMEOUT] : [])
    .replaceAll(/ (?:server-[12]|gateway):8008/g, ` ${host}`)
    .replaceAll(/^(\{\$\w+_HOST.*\} \{)$/gm, `$1\n\ttls ${certificate} ${key}`)
  const file = join(folder, 'Caddyfile')
  writeFileSync(
    file,
    `{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n${sites}`,
  )
  run(t, 'caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
    MATRIX_HOST: `https://127.0.0.1:${port}`,
    GATEWAY_HOST: `https://127.0.0.1:${gatewayPort}`,
    BELFRY_UPSTREAM: host,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  })
  return { port, pokes: isCluster ? gatewayPort : port }
}

function run(t: TestEnd, program: string, args: readonly string[], env: Record<string, string> = {}): void {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  })
  afterTest(t, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
}
