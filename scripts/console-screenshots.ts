// Takes the screenshots of docs/console.md, with Debian's Chromium: npm run docs:console
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launch, type Page } from 'puppeteer-core'
import { createBelfry } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { findChromium } from '../test/support/chromium.ts'
import { call, foundingPusher, registerUser } from '../test/support/client.ts'
import { eventually } from '../test/support/eventually.ts'

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url))

/** Alice has a phone that rings and a laptop that is silent for Bob. Resolves to the newest event. */
async function populate(url: string) {
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const pusher = (name: string, device: string) =>
    alice.post('/pushers/set', {
      ...foundingPusher(`${url}/_matrix/push/v1/notify`),
      app_id: 'org.belfry.inbox',
      app_display_name: 'Inbox',
      pushkey: name,
      instance_handle: name,
      device_display_name: device,
    })
  await pusher('phone', 'Phone')
  await pusher('laptop', 'Laptop')
  const rooms = await Promise.all(
    ['On call', 'Family'].map((name) => bob.createRoom({ preset: 'public_chat', name })),
  )
  for (const room of rooms) await alice.post(`/join/${encodeURIComponent(room)}`)
  const [onCall = '', family = ''] = rooms
  await alice.put(`/pushrules/device/laptop/room/${encodeURIComponent(family)}`, { actions: [] })
  for (const text of ['Dinner at seven?', 'Please bring bread']) await bob.say(family, text)
  const eventId = await bob.say(onCall, 'Disk full on db-3, can you look?')
  const path = `${url}/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
  await eventually(async () => {
    const { body } = await call(path, { token: alice.token })
    return (body['pushers'] as { state: string }[]).every(({ state }) => state === 'sent')
  })
  return { alice, eventId }
}

async function take(page: Page, { url, token, eventId }: { url: string; token: string; eventId: string }) {
  const shots = [
    ['today', '/', 'tbody tr'],
    ['journey', `/journeys/${encodeURIComponent(eventId)}`, '#devices'],
  ] as const
  await page.setViewport({ width: 1280, height: 760 })
  await page.goto(`${url}/_belfry/console/#token=${token}`)
  await page.waitForSelector('input[name=token]')
  await page.click('button[type=submit]')
  for (const [name, path, drawn] of shots) {
    await page.waitForSelector('nav')
    await page.goto(`${url}/_belfry/console${path}`)
    await page.waitForSelector(drawn)
    await page.waitForNetworkIdle({ idleTime: 400, concurrency: 1 })
    await page.screenshot({ path: join(IMAGES, `console-${name}.png`) as `${string}.png` })
  }
}

async function main(): Promise<void> {
  const chromium = findChromium()
  if ('missing' in chromium) throw new Error(chromium.missing)
  const data = mkdtempSync(join(tmpdir(), 'belfry-screenshots-'))
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const argv = [...flags, '--allow-push-to', '127.0.0.0/8']
  const belfry = await createBelfry(loadConfig({ argv, env: { BELFRY_RATE_LIMITS_ENABLED: 'false' } }))
  const browser = await launch({ executablePath: chromium.path, args: ['--no-sandbox', '--lang=en'] })
  try {
    const { url } = await belfry.listen()
    const { alice, eventId } = await populate(url)
    mkdirSync(IMAGES, { recursive: true })
    await take(await browser.newPage(), { url, token: alice.token, eventId })
  } finally {
    await browser.close()
    await belfry.close()
    rmSync(data, { recursive: true, force: true })
  }
}

await main()
