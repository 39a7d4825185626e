// Takes the screenshots of docs/console.md, with Debian's Chromium: npm run docs:console
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { createBelfry } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { findChromium } from '../test/support/chromium.ts'
import {
  call,
  foundingPusher,
  loginUser,
  PASSWORD,
  registerUser,
  type TestUser,
} from '../test/support/client.ts'
import { eventually } from '../test/support/eventually.ts'

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url))

/** Long screens are cut. */
const MAX_HEIGHT = 1000

/** Where no gateway listens (port 9, "discard"). */
const SILENT_GATEWAY = 'http://127.0.0.1:9/_matrix/push/v1/notify'

/**
 * Alice has a phone whose app fetches each event of a push, a laptop that is silent for one room, and a
 * tablet whose gateway does not respond. Resolves to the newest event.
 */
async function populate(url: string) {
  const phone = await registerUser(url, 'alice')
  const [laptop, tablet] = [await loginUser(url, 'alice'), await loginUser(url, 'alice')]
  const [bob, carol] = [await registerUser(url, 'bob'), await registerUser(url, 'carol')]
  const pusher = (of: TestUser, name: string, more: Record<string, unknown>) =>
    of.post('/pushers/set', {
      ...foundingPusher(`${url}/_matrix/push/v1/notify`),
      app_id: 'org.belfry.inbox',
      app_display_name: 'Belfry inbox',
      pushkey: name,
      instance_handle: name,
      ...more,
    })
  const data = { url: `${url}/_matrix/push/v1/notify`, format: 'event_id_only' }
  await pusher(phone, 'phone', { device_display_name: 'Phone', data })
  await pusher(laptop, 'laptop', { device_display_name: 'Laptop' })
  const tabletApp = { app_id: 'org.example.app', app_display_name: 'Example', data: { url: SILENT_GATEWAY } }
  await pusher(tablet, 'tablet', { ...tabletApp, device_display_name: 'Tablet' })
  const rooms: string[] = []
  for (const name of ['On call', 'Family', 'Book club'])
    rooms.push(await bob.createRoom({ preset: 'public_chat', name }))
  for (const room of rooms)
    for (const user of [phone, carol]) await user.post(`/join/${encodeURIComponent(room)}`)
  const [onCall = '', family = '', books = ''] = rooms
  await phone.put(`/pushrules/device/laptop/room/${encodeURIComponent(family)}`, { actions: [] })
  await phone.put('/pushrules/global/content/deploy', { pattern: 'deploy', actions: ['notify'] })
  const until = Date.now() + 3_600_000
  await phone.put(`/pushrules/global/room/${encodeURIComponent(books)}`, {
    actions: [],
    'org.belfry.until': until,
  })
  let eventId = ''
  for (const [user, room, text] of [
    [bob, family, 'Dinner at seven?'],
    [carol, books, 'Chapter four was my favourite'],
    [carol, family, 'Please bring bread'],
    [carol, onCall, 'The deploy has finished'],
    [bob, onCall, 'Disk full on db-3, can you look?'],
  ] as const) {
    eventId = await user.say(room, text)
    await arrive({ url, phone, room, eventId })
  }
  return { token: phone.token, room: onCall, eventId }
}

/** The app on the phone fetches the event when its push has arrived. */
async function arrive(of: { url: string; phone: TestUser; room: string; eventId: string }): Promise<void> {
  const { url, phone, eventId } = of
  const path = `${url}/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`
  const stateOfPhone = async () => {
    const { body } = await call(path, { token: phone.token })
    const pushers = body['pushers'] as { device_display_name: string; state: string }[]
    return pushers.find(({ device_display_name: name }) => name === 'Phone')?.state
  }
  if ((await eventually(async () => (await stateOfPhone()) !== 'waiting' && stateOfPhone())) !== 'sent')
    return
  await phone.get(`/rooms/${encodeURIComponent(of.room)}/event/${encodeURIComponent(eventId)}`)
  await eventually(async () => (await stateOfPhone()) === 'fetched')
}

type Shot = { name: string; path: string; drawn: string; act?: (page: Page) => Promise<void> }

async function take(browser: Browser, of: { url: string; token: string; shots: readonly Shot[] }) {
  const { url, token, shots } = of
  const page = await (await browser.createBrowserContext()).newPage()
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  await page.setViewport({ width: 1280, height: 760 })
  await page.goto(`${url}/_belfry/console/#token=${token}`)
  await page.waitForSelector('input[name=token]')
  await page.click('button[type=submit]')
  await page.waitForSelector('nav')
  for (const { name, path, drawn, act } of shots) {
    await page.goto(`${url}/_belfry/console${path}`)
    await page.waitForSelector(drawn)
    await page.waitForNetworkIdle({ idleTime: 400, concurrency: 1 })
    await act?.(page)
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'))
    await page.setViewport({ width: 1280, height: Math.min(height, MAX_HEIGHT) })
    await page.screenshot({ path: join(IMAGES, `console-${name}.png`) as `${string}.png` })
    await page.setViewport({ width: 1280, height: 760 })
  }
}

/** Tries a rule that mutes the room on the phone. */
async function muteOnPhone(page: Page): Promise<void> {
  const selects = await page.$$('form select')
  await selects[1]?.select('mute')
  await selects[2]?.select('phone')
  await page.click('button[type=submit]')
  await page.waitForSelector('.decisions')
  await page.waitForNetworkIdle({ idleTime: 400, concurrency: 1 })
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
    await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
    const { url } = await belfry.listen()
    const { token, room, eventId } = await populate(url)
    const event = encodeURIComponent(eventId)
    const query = `room=${encodeURIComponent(room)}&event=${event}`
    mkdirSync(IMAGES, { recursive: true })
    const shots: Shot[] = [
      { name: 'today', path: '/', drawn: 'tbody tr' },
      { name: 'journeys', path: '/journeys?since=24h', drawn: 'tbody tr' },
      { name: 'journey', path: `/journeys/${event}`, drawn: '#devices' },
      { name: 'try-rule', path: `/try?${query}`, drawn: 'textarea', act: muteOnPhone },
      { name: 'devices', path: '/devices', drawn: '.device .facts' },
      { name: 'rules', path: '/rules', drawn: '#rules-other' },
    ]
    await take(browser, { url, token, shots })
    const administrator = await loginUser(url, 'root')
    const administration = [
      { name: 'administration', path: '/administration', drawn: '#admin-users' },
      { name: 'users', path: '/users', drawn: 'tbody tr' },
    ]
    await take(browser, { url, token: administrator.token, shots: administration })
  } finally {
    await browser.close()
    await belfry.close()
    rmSync(data, { recursive: true, force: true })
  }
}

await main()
