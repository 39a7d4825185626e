import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { type ConsoleFixture, HOSTILE } from './console-fixture.ts'
import { checkSlow, ERRORS } from './screen-states.ts'

// The screen of users, for administrators.

const USERS = '/_synapse/admin/v3/users'
const account = (name: string, more: object = {}) => ({
  name,
  displayname: HOSTILE,
  admin: false,
  locked: false,
  suspended: false,
  last_seen_ts: Date.now() - 60_000,
  ...more,
})
const PAGES = {
  empty: { users: [], shows: ['No user was found'] },
  one: { users: [account('@bob:localhost', { last_seen_ts: null })], shows: [HOSTILE, 'Active', 'never'] },
  many: {
    users: [
      account(`@${'a'.repeat(200)}:localhost`, { locked: true, suspended: true, displayname: null }),
      account('@root:localhost', { admin: true }),
      account('@bob:localhost'),
    ],
    next_token: '50',
    shows: ['Locked', 'Suspended', 'Unlock', 'End the suspension', 'Administrator', 'Load more'],
  },
}

/** The screen in every state. */
export async function usersStates(fixture: ConsoleFixture): Promise<void> {
  const { page, open, check, text, answer } = fixture
  for (const [name, { shows, ...body }] of Object.entries(PAGES)) {
    answer(USERS, { status: 200, body })
    await open('/users')
    await page.waitForSelector('main table, main form ~ .muted')
    const shown = await text('main')
    for (const part of shows) assert.ok(shown.includes(part), `${name}, ${part}: ${shown}`)
    await check(`Users, ${name}`)
    await fixture.checkWidths(`Users, ${name}`)
  }
  for (const [name, response] of Object.entries(ERRORS)) {
    answer(USERS, response)
    await open('/users')
    await page.waitForSelector('main [role=alert]')
    await check(`Users, ${name}`)
    await fixture.checkWidths(`Users, ${name}`)
  }
  answer(USERS, 'nothing')
  await open('/users')
  await page.waitForSelector('main .loading')
  await check('Users, loading')
  await checkSlow(fixture, 'Users')
  answer(USERS, 'server')
}

/** Finds Bob, then locks, unlocks, suspends and unsuspends his account, without a pointer. */
export async function restrictUser(fixture: ConsoleFixture): Promise<void> {
  const { page, open, check, bob, text } = fixture
  await open('/users')
  await page.waitForFunction(`document.querySelectorAll('tbody tr').length === 2`)
  await page.keyboard.press('/')
  await page.keyboard.type('bob')
  await page.keyboard.press('Enter')
  await page.waitForFunction(`document.querySelectorAll('tbody tr').length === 1`)
  assert.match(page.url(), /\/users\?name=bob$/)
  assert.equal(await page.evaluate(`document.activeElement.value`), 'bob', 'the field keeps the focus')
  const status = async () => (await bob.try('POST', '/createRoom', {})).status
  const steps = [
    { label: 'Lock', next: 'Unlock', state: 'Locked', status: 401 },
    { label: 'Unlock', next: 'Lock', state: 'Active', status: 200 },
    { label: 'Suspend', next: 'End the suspension', state: 'Suspended', status: 403 },
    { label: 'End the suspension', next: 'Suspend', state: 'Active', status: 200 },
  ]
  for (const { label, next, state, status: expected } of steps) {
    await focusButton(page, label)
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    assert.match(await text('dialog[open]'), /@bob:localhost/)
    await check(`Users, ${label}`)
    await page.keyboard.press('Escape')
    await page.waitForFunction(`document.querySelector('tbody dialog') === null`)
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Enter')
    await page.waitForFunction(`document.querySelector('tbody').textContent.includes('${state}')`)
    await page.waitForFunction(`document.activeElement.textContent === '${next} @bob:localhost'`)
    assert.equal(await eventually(async () => (await status()) === expected && expected), expected, label)
  }
}

/** A further page is added on demand. If it fails, the reason is shown and the list stays. */
export async function loadMore({ page, open, answer, text }: ConsoleFixture): Promise<void> {
  const count = (rows: number) =>
    page.waitForFunction(`document.querySelectorAll('tbody tr').length === ${rows}`)
  const press = () =>
    page.evaluate(
      `[...document.querySelectorAll('main button')].find(({ textContent }) => textContent === 'Load more').click()`,
    )
  answer(USERS, { status: 200, body: { users: [account('@a:localhost')], next_token: '1' } })
  await open('/users')
  await count(1)
  answer(USERS, { status: 500, body: { errcode: 'M_UNKNOWN', error: 'The page failed' } })
  await press()
  await page.waitForFunction(`document.querySelector('main [role=status]').textContent === 'The page failed'`)
  answer(USERS, { status: 200, body: { users: [account('@b:localhost')] } })
  await press()
  await count(2)
  assert.doesNotMatch(await text('main'), /Load more/)
  answer(USERS, 'server')
}

async function focusButton(page: ConsoleFixture['page'], label: string): Promise<void> {
  const isThere = `document.activeElement.textContent === '${label} @bob:localhost'`
  for (let at = 0; at < 60 && (await page.evaluate(isThere)) !== true; at++) await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(isThere), true, `the focus reaches ${label}`)
}

/** An account is created with a registration token. */
export async function registerWithToken(of: {
  page: ConsoleFixture['page']
  url: string
  token: string
}): Promise<void> {
  const { page, url, token } = of
  await page.goto(`${url}/_belfry/console/`)
  const type = async (name: string, value: string) => {
    await page.waitForSelector(`input[name=${name}]`)
    await page.$eval(`input[name=${name}]`, (input) => ((input as unknown as { value: string }).value = ''))
    await page.type(`input[name=${name}]`, value)
  }
  await page.waitForSelector('form .plain')
  await page.evaluate(
    `[...document.querySelectorAll('form .plain')].find(({ textContent }) => textContent === 'Create an account').click()`,
  )
  await type('registration', 'WRONG')
  await type('username', 'carol')
  await type('password', 'a long password of carol')
  await page.keyboard.press('Enter')
  await page.waitForFunction(
    `document.querySelector('[role=alert]')?.textContent.includes('This registration token is unknown')`,
  )
  await type('registration', token)
  await page.keyboard.press('Enter')
  await page.waitForSelector('nav')
  assert.match(await page.$eval('.who', ({ textContent }) => textContent ?? ''), /@carol:localhost/)
}
