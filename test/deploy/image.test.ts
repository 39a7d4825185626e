import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../../src/cli/commands.ts'
import { loadConfig } from '../../src/config/load.ts'
import { VERSION } from '../../src/lib/version.ts'
import { afterTest } from '../support/after-test.ts'
import { containerRuntime } from '../support/container-runtime.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'

// The image: its file is linted, and its steps are run without a container runtime.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DOCKERFILE = join(ROOT, 'deploy/Dockerfile')

type Instruction = { word: string; rest: string }
/** The instructions from one FROM to the next. */
type Stage = Instruction[]

function readStages(): Stage[] {
  const lines = readFileSync(DOCKERFILE, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
  const instructions = lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
      assert.ok(KNOWN.has(word), line)
      return { word, rest }
    })
  const stages: Stage[] = []
  for (const instruction of instructions)
    if (instruction.word === 'FROM') stages.push([instruction])
    else stages.at(-1)?.push(instruction)
  return stages
}

const KNOWN = new Set(
  'FROM WORKDIR COPY RUN LABEL ENV USER VOLUME EXPOSE HEALTHCHECK ENTRYPOINT CMD'.split(' '),
)
const stages = readStages()
const final = stages.at(-1) ?? []
const onlyOne = (stage: Stage, word: string): string => {
  const found = stage.filter((one) => one.word === word)
  assert.equal(found.length, 1, word)
  return found[0]?.rest ?? ''
}
const list = (text: string) => JSON.parse(text) as string[]
const sources = stages
  .flat()
  .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
  .flatMap(({ rest }) => rest.split(' ').slice(0, -1))

describe('deploy/Dockerfile', () => {
  test('has several stages, each on a pinned image or on an earlier stage', () => {
    assert.equal(stages.length, 3)
    const named = stages.map(([from]) => / AS (\S+)$/.exec(from?.rest ?? '')?.[1])
    for (const [at, [from]] of stages.entries()) {
      const [image = ''] = (from?.rest ?? '').split(' ')
      assert.ok(named.slice(0, at).includes(image) || /^node:\d+-[a-z-]+$/.test(image), image)
    }
  })

  test('runs Belfry as an unprivileged user with a health check', () => {
    const words = final.map(({ word }) => word)
    assert.ok(words.lastIndexOf('RUN') < words.indexOf('USER'), 'nothing is installed by the user')
    assert.equal(onlyOne(final, 'USER'), 'belfry')
    assert.match(onlyOne(final, 'HEALTHCHECK'), / CMD \["node", "-e", /)
    const [words_ = '', ...argv] = list(onlyOne(final, 'CMD'))
    assert.ok(words_ in COMMANDS)
    assert.equal(loadConfig({ argv, env: {} }).listen.port, Number(onlyOne(final, 'EXPOSE')))
  })

  test('copies what exists and what .dockerignore lets through', () => {
    const sent = readFileSync(join(ROOT, 'deploy/Dockerfile.dockerignore'), 'utf8')
    for (const name of sources) {
      assert.ok(existsSync(join(ROOT, name)), name)
      assert.match(sent, new RegExp(`^!${name.replaceAll('.', '\\.')}$`, 'm'))
    }
  })

  test('installs production packages without their scripts', () => {
    const [install = ''] = stages[0]?.filter(({ word }) => word === 'RUN').map(({ rest }) => rest) ?? []
    assert.match(install, /^npm ci --ignore-scripts --omit=dev /)
  })

  test('its steps give a server that starts from a read-only folder and is healthy', async (t) => {
    const app = buildApp(t)
    const user = process.getuid?.() === 0 ? { uid: 990, gid: 990 } : {}
    const data = temporaryFolder(t)
    if (user.uid !== undefined) chownSync(data, user.uid, user.gid)
    const port = await freePort()
    const [, ...entry] = list(onlyOne(final, 'ENTRYPOINT')).map((word) => word.replace('/app', app))
    const command = list(onlyOne(final, 'CMD')).map((word) =>
      word.replace('0.0.0.0:8008', `127.0.0.1:${port}`),
    )
    const env = { PATH: process.env['PATH'], BELFRY_DATA: data, NODE_ENV: 'production' }
    const server = spawn(process.execPath, [...entry, ...command], {
      cwd: app,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      ...user,
    })
    afterTest(t, () => void server.kill('SIGKILL'))
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
    assert.match(line, /^belfry listening on /)
    assert.equal(healthCheck(port), 0)
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    assert.equal(healthCheck(port), 1)
  })

  const runtime = containerRuntime()
  test('builds an image whose container becomes healthy', { skip: runtime.skip }, async (t) => {
    const image = `belfry-test-${process.pid}`
    const runs = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(runtime.name, args, { cwd: ROOT, encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      return stdout.trim()
    }
    runs('build', '--file', DOCKERFILE, '--tag', image, '.')
    afterTest(t, () => runs('image', 'rm', '--force', image))
    assert.equal(runs('run', '--rm', '--read-only', image, '--version'), `belfry ${VERSION}`)
    const id = runs('run', '--detach', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', image)
    afterTest(t, () => runs('rm', '--force', '--volumes', id))
    await eventually(() => runs('inspect', '--format', '{{.State.Health.Status}}', id) === 'healthy')
  })
})

/**
 * Runs the steps of the first two stages in a read-only folder. `npm ci` is replaced by a copy of the
 * installed production packages.
 */
function buildApp(t: TestContext): string {
  const app = temporaryFolder(t)
  for (const name of sources) cpSync(join(ROOT, name), join(app, name), { recursive: true })
  for (const name of productionPackages()) {
    mkdirSync(dirname(join(app, name)), { recursive: true })
    cpSync(join(ROOT, name), join(app, name), { recursive: true })
  }
  const steps = stages
    .slice(1, -1)
    .flat()
    .filter(({ word }) => word === 'RUN')
  assert.ok(steps.length > 0)
  for (const { rest } of steps) {
    const { status, stderr } = spawnSync('sh', ['-c', rest], { cwd: app, encoding: 'utf8' })
    assert.equal(status, 0, `${rest}\n${stderr}`)
  }
  chmodSync(app, 0o755)
  spawnSync('chmod', ['-R', 'a-w', app])
  afterTest(t, () => spawnSync('chmod', ['-R', 'u+w', app]))
  return app
}

/** The folders of the installed packages without those for development, and without Node, which the image has. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  return Object.entries(lock.packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && !dev && !devOptional)
    .map(([folder]) => folder)
    .filter((folder) => !folder.includes('/node-linux-') && existsSync(join(ROOT, folder)))
}

/** The exit code of the health check. */
function healthCheck(port: number): number | null {
  const [, command = ''] = / CMD (\[.*)$/.exec(onlyOne(final, 'HEALTHCHECK')) ?? []
  const [, ...args] = list(command)
  return spawnSync(
    process.execPath,
    args.map((word) => word.replace(':8008', `:${port}`)),
  ).status
}
