import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'puppeteer-core'
import { keepVapidKey } from '../../../src/app.ts'
import { afterTest } from '../../support/after-test.ts'
import { startAutopush } from '../../support/autopush.ts'
import { PASSWORD, registerUser } from '../../support/client.ts'
import { temporaryFolder } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { findFirefox, startFirefox } from '../../support/firefox.ts'
import { startTestServer } from '../../support/server.ts'
import { encryptedPeer, plainPeer } from './peers.ts'

// Hydrogen in Firefox: logs in, shows the room list with its unread badge, sends a picture, receives one, and
// is notified by its service worker.

/** The receipt of the browser for a push that its service worker has handled. */
const SHOWN = 100
const APP_ID = 'io.element.hydrogen.web'
/** A green square of 2 × 2 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGNg+M8ARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==',
  'base64',
)
/** An expression for the page: the notifications that its service worker shows. */
const SHOWN_NOTIFICATIONS = `navigator.serviceWorker.getRegistration('/')
  .then((registration) => registration.getNotifications())
  .then((found) => found.map(({ title, body }) => ({ title, body })))`
/** The folder with the built page, as `clients.ts` leaves it. */
const built = process.env['BELFRY_CLIENT_BUILD'] ?? ''
const firefox = findFirefox()

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

/** The file of a path of the page, or undefined. */
function fileOf(path: string): string | undefined {
  if (path === '/') return fileURLToPath(new URL('index.html', import.meta.url))
  const [, folder = '', name = ''] = /^(?:\/(assets|olm))?\/([\w.-]+)$/.exec(path) ?? []
  if (name === '') return undefined
  const sdk = join(built, 'node_modules/hydrogen-view-sdk')
  if (folder === 'assets') return join(sdk, 'asset-build/assets', name)
  if (folder === 'olm') return join(built, 'node_modules/@matrix-org/olm', name)
  return name === 'sw.js' ? join(sdk, 'lib-build/sw.js') : join(built, 'public', name)
}

/** Serves the page with `config.json`. Resolves to its origin. */
async function servePage(t: TestContext, config: unknown): Promise<string> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const respond = async () => {
      const file = fileOf(path)
      const body = path === '/config.json' ? JSON.stringify(config) : await readFile(file ?? '')
      response
        .writeHead(200, { 'content-type': TYPES[extname(file ?? path)] ?? 'application/octet-stream' })
        .end(body)
    }
    respond().catch(() => response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}/`
}

/** A server with a gateway for browsers, Alice and Bob in a room, and Hydrogen in a browser. */
async function fixture(t: TestContext, createPeer: typeof plainPeer) {
  assert('path' in firefox)
  const data = temporaryFolder(t)
  const keyFile = join(data, 'vapid.pem')
  const { publicKey } = await keepVapidKey(keyFile)
  const config = join(data, 'belfry.yaml')
  const app = { type: 'webpush', vapid_private_key: keyFile, vapid_contact_email: 'push@belfry.example' }
  writeFileSync(config, JSON.stringify({ gateway: { apps: { [APP_ID]: app } } }))
  const { url } = await startTestServer(t, { flags: ['--config', config] })
  const bob = await registerUser(url, 'bob')
  const alice = await createPeer(t, url, bob)
  const autopush = await startAutopush()
  afterTest(t, () => autopush[Symbol.asyncDispose]())
  const push = { appId: APP_ID, gatewayUrl: url, applicationServerKey: publicKey }
  const pageUrl = await servePage(t, { defaultHomeServer: url, push })
  const browser = await startFirefox(t, { path: firefox.path, pushUrl: autopush.url })
  const page = await browser.newPage()
  // With less width it shows either the room list or a room.
  await page.setViewport({ width: 1280, height: 800 })
  await page.goto(pageUrl)
  return { alice, bob, autopush, page }
}

type Fixture = Awaited<ReturnType<typeof fixture>>

async function clickText(page: Page, selector: string, text: string): Promise<void> {
  const element = await eventually(async () => {
    for (const found of await page.$$(selector))
      if ((await found.evaluate((node) => node.textContent))?.trim() === text) return found
    return undefined
  })
  await element.click()
}

async function logIn(page: Page): Promise<void> {
  await page.waitForSelector('#username')
  await page.type('#username', 'bob')
  await page.type('#password', PASSWORD)
  await clickText(page, 'button', 'Log In')
  await page.waitForSelector('.RoomList')
}

/** The text of each element. */
const texts = (page: Page, selector: string) =>
  page.$$eval(selector, (found) => found.map((element) => element.textContent))

/** Badges of rooms with unread messages. */
const badges = (page: Page) => texts(page, '.RoomList .badge:not(.hidden)')

async function readsMessages({ page, alice }: Fixture): Promise<void> {
  await eventually(async () => String(await texts(page, '.RoomList .name')) === 'Lunch')
  await alice.canReach()
  for (const text of ['Soup', 'or salad?']) await alice.say(text)
  await eventually(async () => String(await badges(page)) === '2')
  await page.click('.RoomList a')
  await eventually(async () =>
    String(await texts(page, '.Timeline .Timeline_messageBody')).includes('or salad?'),
  )
  await eventually(async () => (await badges(page)).length === 0)
}

async function sendsTextAndPicture(t: TestContext, { page, alice, bob }: Fixture): Promise<void> {
  await page.type('.MessageComposer_input textarea', 'Soup, please')
  await page.click('.MessageComposer_input .send')
  await eventually(async () => (await alice.newest('m.text'))?.content['body'] === 'Soup, please')
  await page.click('.MessageComposer_input .sendFile')
  await clickText(page, '.menu button', 'Send picture')
  const input = await page.waitForSelector('input[type=file]')
  const file = join(temporaryFolder(t), 'soup.png')
  writeFileSync(file, PICTURE)
  await input?.uploadFile(file)
  const sent = await eventually(() => alice.newest('m.image'))
  assert.equal(sent.sender, bob.userId)
  assert.deepEqual(await alice.pictureIn(sent), PICTURE)
}

/** The service worker downloads it with the token of the user. */
async function seesPicture({ page, alice }: Fixture): Promise<void> {
  await alice.sendPicture('green.png', PICTURE)
  await eventually(() =>
    page.$$eval('.Timeline img[alt="green.png"]', (found) =>
      found.some((image) => Number(Reflect.get(image, 'naturalWidth')) > 0),
    ),
  )
}

async function isNotified({ page, alice, bob, autopush }: Fixture, body: string): Promise<void> {
  await page.click('a.settings')
  await clickText(page, '.Settings button', 'Enable')
  await eventually(async () => ((await bob.get('/pushers'))['pushers'] as unknown[]).length === 1)
  // The application ends. Its service worker stays.
  await page.goto(new URL('/config.json', page.url()).href)
  await alice.say('The soup is ready')
  await eventually(() => autopush.receipts.find(({ code }) => code === SHOWN))
  const shown = await eventually(async () => {
    const found = (await page.evaluate(SHOWN_NOTIFICATIONS)) as { title: string; body: string }[]
    return found.length > 0 && found
  })
  assert.deepEqual(shown, [{ title: 'Alice in Lunch', body }])
}

const journeys = [
  { room: 'a room without encryption', createPeer: plainPeer, shown: 'The soup is ready' },
  // Its service worker has no keys.
  { room: 'an encrypted room', createPeer: encryptedPeer, shown: 'New message' },
]

for (const { room, createPeer, shown } of journeys)
  test(
    `Hydrogen logs in, shows the unread messages, sends and shows pictures, and is notified over Web Push, in ${room}`,
    { skip: 'missing' in firefox ? firefox.missing : false, timeout: 240_000 },
    async (t) => {
      const setup = await fixture(t, createPeer)
      await logIn(setup.page)
      await readsMessages(setup)
      console.log(`in ${room}: the room list shows the unread messages until the room is opened`)
      await sendsTextAndPicture(t, setup)
      console.log(`in ${room}: a text and a picture are sent`)
      await seesPicture(setup)
      console.log(`in ${room}: a picture of another user is shown`)
      await isNotified(setup, shown)
      console.log(`in ${room}: the service worker shows a notification while no page is open`)
    },
  )
