import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Benchmark, BenchOptions, Report } from './benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program, residentMiB, temporaryFolder } from './support/processes.ts'
import { launchBelfry, launchMediaFloor } from './support/programs.ts'
import { inTurns, medians } from './support/rounds.ts'
import { figure } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

// Uploads and downloads of files, beside a bare `node:http` server with a file.

const MIB = 1_048_576
const ROUNDS = 5
/** Belfry responds to an upload when the file is on the disk, as the synced floor does. */
const SIDES = ['floor', 'synced', 'belfry'] as const
/** `bytes`: the size of a file; `count`: files in a round; `atOnce`: requests at the same time. */
const LOADS = [
  { name: '64 MiB, one at a time', bytes: 64 * MIB, count: 3, atOnce: 1 },
  { name: '16 MiB, four at a time', bytes: 16 * MIB, count: 12, atOnce: 4 },
  { name: '64 KiB, sixteen at a time', bytes: 65_536, count: 320, atOnce: 16 },
] as const
type Load = (typeof LOADS)[number]
/** Large files: the time for a small one is that of its commits. */
const TARGET_LOADS = 2
const WANTED_SHARE = 0.5
const WANTED_MIB = 250

/** MB/s, and milliseconds of CPU of the server for each MB. */
type Round = { up: number; down: number; upCpu: number; downCpu: number }

export const media: Benchmark = {
  name: 'media',
  about: 'uploads and downloads of files, beside a bare node:http server with a file',
  method: [
    'Uploads and downloads of files of 64 MiB, 16 MiB and 64 KiB. The reference (`bench/floor-media.ts`) is a bare `node:http` server that pipes a body into a file and a file into a response, without a hash or a database.',
    'It runs as it is and with an fsync of each file before the response (the synced floor), because Belfry also responds only when the file is on the disk.',
  ],
  async run(options: BenchOptions) {
    using data = temporaryFolder()
    using files = temporaryFolder()
    await using belfry = await launchBelfry(data.path, options, {
      BELFRY_QUOTAS_MEDIA_BYTES: String(1e12),
    })
    using syncedFiles = temporaryFolder()
    await using floor = await launchMediaFloor(files.path, false)
    await using synced = await launchMediaFloor(syncedFiles.path, true)
    const sides = {
      floor: { program: floor, token: '' },
      synced: { program: synced, token: '' },
      belfry: { program: belfry, token: await register(belfry.url) },
    }
    const found = []
    for (const load of LOADS) {
      const rounds = await inTurns(SIDES, ROUNDS, (name) => measure(sides[name], load))
      const { floor: bare, synced: durable, belfry: own } = rounds
      found.push({ load, floor: medians(bare), synced: medians(durable), belfry: medians(own) })
    }
    return report(found, residentMiB(belfry.pid))
  },
}

async function register(url: string): Promise<string> {
  const response = await fetch(`${url}/_matrix/client/v3/register`, {
    method: 'POST',
    body: JSON.stringify({
      username: 'alice',
      password: 'a long password',
      auth: { type: 'm.login.dummy' },
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

async function measure({ program, token }: { program: Program; token: string }, load: Load): Promise<Round> {
  const { bytes, count } = load
  const agent = new Agent({ keepAlive: true })
  const body = randomBytes(bytes)
  const ids: string[] = []
  const up = await timed(program, load, async (at) => {
    // Each file is another one: equal ones are stored once.
    const head = Buffer.concat([randomBytes(16), body.subarray(16, 65_536)])
    const rest = body.subarray(65_536)
    const text = await send(agent, `${program.url}/_matrix/media/v3/upload`, { token, parts: [head, rest] })
    ids[at] = String(JSON.parse(text).content_uri).split('/').at(-1) ?? ''
  })
  const down = await timed(program, load, async (at) => {
    const path = `/_matrix/client/v1/media/download/localhost/${ids[at]}`
    const length = await receive(agent, program.url + path, token)
    if (length !== bytes) throw new Error(`a download has ${length} bytes instead of ${bytes}`)
  })
  agent.destroy()
  const megabytes = (bytes * count) / 1e6
  return {
    up: (megabytes * 1000) / up.tookMs,
    down: (megabytes * 1000) / down.tookMs,
    upCpu: up.cpu / megabytes,
    downCpu: down.cpu / megabytes,
  }
}

async function timed({ pid }: Program, { count, atOnce }: Load, work: (at: number) => Promise<void>) {
  const [startedAt, cpuBefore] = [monotonicMs(), cpuMs(pid)]
  let next = 0
  const run = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return { tookMs: monotonicMs() - startedAt, cpu: cpuMs(pid) - cpuBefore }
}

type Sent = { token: string; parts: readonly Buffer[] }

function send(agent: Agent, url: string, { token, parts }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const headers = { authorization: `Bearer ${token}`, 'content-length': length }
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    })
    sending.on('error', reject)
    for (const part of parts) sending.write(part)
    sending.end()
  })
}

function receive(agent: Agent, url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let length = 0
      response.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => resolve(length))
      response.on('error', reject)
    })
    asking.on('error', reject).end()
  })
}

type Found = { load: Load } & Record<(typeof SIDES)[number], Round>

function report(found: readonly Found[], residentAfter: number): Report {
  const share = ({ synced, belfry }: Found, way: 'up' | 'down') => belfry[way] / synced[way]
  return {
    tables: [
      {
        title: `Uploads and downloads (median of ${ROUNDS} rounds)`,
        columns: ['', 'up MB/s', 'down MB/s', 'up CPU ms/MB', 'down CPU ms/MB'],
        rows: found.flatMap(({ load, floor, synced, belfry }) =>
          Object.entries({ floor, 'synced floor': synced, belfry }).map(
            ([side, { up, down, upCpu, downCpu }]) => [
              `${load.name}, ${side}`,
              figure(up),
              figure(down),
              upCpu.toFixed(1),
              downCpu.toFixed(1),
            ],
          ),
        ),
      },
    ],
    targets: [
      ...found.slice(0, TARGET_LOADS).flatMap((one) =>
        (['up', 'down'] as const).map((way) =>
          atLeast(`${one.load.name}, ${way}: at least ${WANTED_SHARE} of the synced floor's MB/s`, {
            value: share(one, way),
            limit: WANTED_SHARE,
            unit: 'times',
          }),
        ),
      ),
      atMost(`resident memory after it of at most ${WANTED_MIB} MiB`, {
        value: residentAfter,
        limit: WANTED_MIB,
        unit: 'MiB',
      }),
    ],
    figures: { rounds: found, residentMiB: residentAfter },
  }
}
