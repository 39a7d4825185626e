import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import type { ConsoleFixture } from './console-fixture.ts'
import { line } from './screen-cases.ts'

// What a user does in the console.

const rows = `document.querySelectorAll('tbody tr').length`

export async function live({ page, open, bob, roomId }: ConsoleFixture): Promise<void> {
  await open('/')
  await page.waitForSelector('tbody tr')
  const before = Number(await page.evaluate(rows))
  await bob.say(roomId, 'one more')
  await page.waitForFunction(`${rows} === ${before + 1}`)
  await page.setViewport({ width: 1280, height: 300 })
  await page.evaluate('scrollTo(0, 300)')
  await bob.say(roomId, 'another one')
  await page.waitForFunction(`document.querySelector('.news')?.textContent.includes('1 new')`)
  assert.equal(await page.evaluate(rows), before + 1)
  await page.click('.news button')
  await page.waitForFunction(
    `${rows} === ${before + 2} && document.querySelector('.news').textContent === ''`,
  )
  await page.setViewport({ width: 1280, height: 800 })
}

export async function filter({ page, open, answer }: ConsoleFixture): Promise<void> {
  await open('/journeys')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('/')
  assert.equal(await page.evaluate(`document.activeElement.matches('[data-filter]')`), true)
  await page.select('[data-filter]', 'failing')
  await page.waitForFunction(`document.body.textContent.includes('No journey matches')`)
  assert.match(page.url(), /\?state=failing$/)
  await page.evaluate(
    `[...document.querySelectorAll('.filters button')].find(({ textContent }) => textContent === 'Clear filters').click()`,
  )
  await page.waitForSelector('tbody tr')
  assert.match(page.url(), /\/journeys$/)
  const entry = (id: string) => ({ ...line, event_id: id })
  answer('/_belfry/v1/journeys', {
    status: 200,
    body: { journeys: [entry('$1')], total: 2, total_is_at_least: false, next_batch: '1' },
  })
  await open('/journeys?since=24h')
  await page.waitForSelector('tbody tr')
  answer('/_belfry/v1/journeys', {
    status: 200,
    body: { journeys: [entry('$2')], total: 2, total_is_at_least: false },
  })
  await page.evaluate(
    `[...document.querySelectorAll('.list button')].find(({ textContent }) => textContent === 'Load older').click()`,
  )
  await page.waitForFunction(`${rows} === 2`)
  assert.equal(await page.evaluate(`document.body.textContent.includes('Load older')`), false)
  await page.evaluate(`document.activeElement.blur()`)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  // A look for news, which gets the second page here too, can change the order of the rows.
  await page.waitForFunction(`/\\/journeys\\/%24[12]$/.test(location.pathname)`)
  // The heading of the new screen has the focus.
  await page.waitForFunction(`document.activeElement.tagName === 'H1'`)
  answer('/_belfry/v1/journeys', 'server')
}

export async function tryRule({
  page,
  open,
  check,
  text,
  roomId,
  eventId,
  alice,
}: ConsoleFixture): Promise<void> {
  await open(`/try?room=${encodeURIComponent(roomId)}&event=${encodeURIComponent(eventId)}`)
  await page.waitForFunction(`document.querySelector('textarea')?.value.includes('disk full')`)
  // Everything in this room is muted, on the phone only.
  const selects = await page.$$('form select')
  await selects[1]?.select('mute')
  await selects[2]?.select('phone')
  await page.click('button[type=submit]')
  await page.waitForSelector('.decisions')
  assert.match(await text('.decisions'), /Nothing.*phone.*Silenced on this device/)
  // Bob's messages of before would no longer ring on the phone.
  assert.match(await text('[aria-labelledby=try-preview]'), /phone.*fall silent/)
  await check('try a rule')
  await page.setViewport({ width: 320, height: 700 })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  await page.setViewport({ width: 1280, height: 800 })
  await page.evaluate(`document.querySelector('[aria-labelledby=try-result] .actions button').click()`)
  await page.waitForFunction(`document.body.textContent.includes('Saved')`)
  const stored = await alice.get(`/pushrules/device/phone/room/${encodeURIComponent(roomId)}`)
  assert.deepEqual(stored['actions'], [])
}

export async function useKeys({ page, open, check }: ConsoleFixture): Promise<void> {
  await open('/')
  await page.waitForSelector('[data-test]')
  await page.keyboard.press('t')
  assert.equal(await page.evaluate(`document.activeElement.matches('[data-test]')`), true)
  await page.keyboard.press('Enter')
  await page.waitForFunction(
    `[...document.querySelectorAll('.device-test [role=status]')].some((status) => status.textContent.startsWith('Sent'))`,
  )
  await page.keyboard.press('?')
  await page.waitForSelector('dialog[open]')
  await check('list of keys')
  await page.click('dialog input[type=checkbox]')
  await page.keyboard.press('Escape')
  await page.waitForFunction(`document.querySelector('dialog[open]') === null`)
  await page.keyboard.press('?')
  assert.equal(await page.$('dialog[open]'), null)
  await page.evaluate(`localStorage.removeItem('belfry.keys')`)
}

export async function countRequests({ page, open }: ConsoleFixture): Promise<void> {
  const requests: string[] = []
  // The row does not wait for the stream of later events, which can begin before or after it.
  const note = (request: { url(): string }) => {
    if (!request.url().includes('/stream')) requests.push(request.url())
  }
  await page.goto('about:blank')
  page.on('request', note)
  await open('/')
  await page.waitForSelector('.device-line')
  page.off('request', note)
  assert.ok(requests.length <= 12, requests.join('\n'))
}

export async function ring({ page, url, open, check }: ConsoleFixture): Promise<void> {
  await page.browserContext().overridePermissions(url, ['notifications'])
  await open('/')
  await page.waitForSelector('.ring button')
  await page.click('.ring button')
  await page.waitForFunction(`navigator.serviceWorker.controller !== null`)
  assert.equal(
    await page.evaluate(`navigator.serviceWorker.ready.then(({ scope }) => new URL(scope).pathname)`),
    '/_belfry/console/',
  )
  await check('ring this browser')
}

export async function openLink({ page, alice, open }: ConsoleFixture): Promise<void> {
  await open(`/journeys?since=24h#token=${alice.token}`)
  await page.waitForSelector('input[name=token]')
  assert.equal(await page.evaluate(`document.querySelector('input[name=token]').value`), alice.token)
  assert.match(page.url(), /\/journeys\?since=24h$/)
  await page.click('button[type=submit]')
  await page.waitForSelector('tbody tr')
  await page.evaluate(`[...document.querySelectorAll('.tools button')].at(-1).click()`)
  await page.waitForSelector('input[name=username], input[name=token]')
  await alice.get('/account/whoami')
}

export async function signOut({ page, alice, open, text }: ConsoleFixture): Promise<void> {
  await open('/')
  await page.waitForSelector('.device-line')
  const devices = async () => ((await alice.get('/devices'))['devices'] as unknown[]).length
  const before = await devices()
  await page.evaluate(`[...document.querySelectorAll('.tools button')].at(-1).click()`)
  await page.waitForSelector('input[name=username]')
  assert.equal(await devices(), before - 1)
  await open('/')
  await page.waitForSelector('input[name=username]')
  assert.equal((await text('h1')).trim(), 'Belfry')
}

/** Mutes a room on one device, without a pointer. */
export async function storeDeviceRule({ page, open, check, roomId, alice }: ConsoleFixture): Promise<void> {
  await open('/rules')
  await page.waitForSelector('#rules-other')
  const isOnCell = `document.activeElement.classList.contains('cell') && document.activeElement.textContent.replaceAll(/[\u2068\u2069]/g, '').includes('room, tablet')`
  for (let at = 0; at < 80 && (await page.evaluate(isOnCell)) !== true; at++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open]')
  await check('Rules, the editor of a cell')
  await page.keyboard.type('Muted')
  await page.keyboard.press('Tab')
  await page.keyboard.type('one')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const stored = await eventually(async () => {
    const { device } = (await alice.get('/pushrules/')) as {
      device: { tablet?: { override?: { conditions: { pattern: string }[]; 'org.belfry.until'?: number }[] } }
    }
    return device.tablet?.override?.[0]
  })
  assert.equal(stored.conditions[0]?.pattern, roomId)
  assert.ok((stored['org.belfry.until'] ?? 0) > Date.now())
  await page.waitForFunction(
    `[...document.querySelectorAll('.cell')].some((cell) => cell.textContent.includes('Muted'))`,
  )
  assert.equal(await page.evaluate(isOnCell), true, 'the focus is on the cell again')
  await alice.delete(`/pushrules/device/tablet/override/${encodeURIComponent(roomId)}`)
}

/** Lets calls ring again on both devices. */
export async function applyRemedy({ page, open, check, alice }: ConsoleFixture): Promise<void> {
  await alice.put('/pushrules/global/override/quiet', {
    conditions: [{ kind: 'event_match', key: 'type', pattern: 'm.call.*' }],
    actions: [],
  })
  await open('/devices')
  await page.waitForSelector('.finding')
  await check('Devices, findings')
  const count = '[...document.querySelectorAll(".finding")].length'
  assert.equal(await page.evaluate(count), 2)
  await page.evaluate('document.querySelector(".finding button").click()')
  await page.waitForFunction(`${count} === 1`)
  await page.evaluate('document.querySelector(".finding button").click()')
  await page.waitForFunction(`${count} === 0`)
  await alice.delete('/pushrules/global/override/quiet')
}

/** Sends the event of a journey to a device again. */
export async function resend({ page, open, eventId }: ConsoleFixture): Promise<void> {
  await open(`/journeys/${encodeURIComponent(eventId)}`)
  await page.waitForSelector('.device [data-test]')
  await page.evaluate('document.querySelector(".device [data-test]").click()')
  await page.waitForFunction(
    `document.querySelector('.device .steps').textContent.includes('sent to the device again')`,
  )
}
