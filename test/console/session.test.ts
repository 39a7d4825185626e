import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const SESSION = '/_belfry/console/session'
const HEADER = { 'x-belfry-console': 'http' }

async function signedIn(t: TestContext, scheme = 'http') {
  const { url } = await startTestServer(t)
  const alice = await registerUser(url, 'alice')
  const { status, headers } = await call(url + SESSION, { token: alice.token, body: { scheme } })
  assert.equal(status, 200)
  const setCookie = headers.get('set-cookie') ?? ''
  return { url, alice, setCookie, cookie: setCookie.split(';')[0] ?? '' }
}

const whoami = (url: string, headers: Record<string, string>) =>
  fetch(`${url}/_matrix/client/v3/account/whoami`, { headers })

describe('the session of the console', () => {
  test('the cookie cannot be read by scripts, is sent to this site only, and needs the header of the console', async (t) => {
    const { url, alice, setCookie, cookie } = await signedIn(t)
    assert.match(setCookie, /^belfry=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/)
    assert.equal((await whoami(url, { cookie })).status, 401)
    assert.equal((await whoami(url, { cookie, 'x-belfry-console': 'yes' })).status, 401)
    assert.equal((await whoami(url, { cookie, ...HEADER, 'sec-fetch-site': 'same-site' })).status, 401)
    const known = await whoami(url, {
      cookie: `other=1; ${cookie}`,
      ...HEADER,
      'sec-fetch-site': 'same-origin',
    })
    assert.equal(((await known.json()) as { user_id: string }).user_id, alice.userId)
  })

  test('over https the cookie has the prefix __Host-, and one without it does not count', async (t) => {
    const { url, setCookie, cookie } = await signedIn(t, 'https')
    assert.match(setCookie, /^__Host-belfry=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
    assert.equal((await whoami(url, { cookie, 'x-belfry-console': 'https' })).status, 200)
    const planted = cookie.replace('__Host-', '')
    assert.equal((await whoami(url, { cookie: planted, 'x-belfry-console': 'https' })).status, 401)
  })

  test('a page of another origin may not send the header', async (t) => {
    const { url } = await signedIn(t)
    const preflight = await fetch(url + SESSION, { method: 'OPTIONS' })
    assert.doesNotMatch(preflight.headers.get('access-control-allow-headers') ?? '', /belfry/i)
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
  })

  test('a session starts with a token in the header only, so another site cannot start one in a form', async (t) => {
    const { url, alice, cookie } = await signedIn(t)
    const body = JSON.stringify({ scheme: 'http' })
    const byCookie = await fetch(url + SESSION, { method: 'POST', body, headers: { cookie, ...HEADER } })
    assert.equal(byCookie.status, 401)
    const byQuery = await fetch(`${url}${SESSION}?access_token=${alice.token}`, { method: 'POST', body })
    assert.equal(byQuery.status, 401)
    assert.equal(byQuery.headers.get('set-cookie'), null)
  })

  test('the session ends with its access token, and its end removes the cookie', async (t) => {
    const { url, alice, cookie } = await signedIn(t)
    const ended = await fetch(`${url}${SESSION}?scheme=http`, { method: 'DELETE' })
    assert.equal(ended.headers.get('set-cookie'), 'belfry=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0')
    const read = () => fetch(url + SESSION, { headers: { cookie, ...HEADER } })
    const shown = await (await read()).json()
    assert.deepEqual(Object.keys(shown as object), [
      'user_id',
      'device_id',
      'is_admin',
      'server_name',
      'version',
    ])
    await alice.post('/logout')
    assert.equal((await read()).status, 401)
  })
})

describe('the files of the console', () => {
  test('a screen may load, run and call nothing but this server', async (t) => {
    const { url } = await startTestServer(t)
    for (const path of ['', '/', '/journeys', '/journeys/%24x?user=y']) {
      const page = await fetch(`${url}/_belfry/console${path}`)
      assert.equal(page.status, 200, path)
      const policy = page.headers.get('content-security-policy') ?? ''
      for (const part of [
        `default-src 'none'`,
        `connect-src 'self'`,
        `frame-ancestors 'none'`,
        `require-trusted-types-for 'script'`,
      ])
        assert.ok(policy.split('; ').includes(part), part)
      assert.doesNotMatch(policy, /unsafe|\*/)
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
      assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin')
      assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
    }
  })

  test('all files of one language together have at most 60,000 bytes, and they may be cached for ever', async (t) => {
    const { url } = await startTestServer(t)
    const page = await fetch(`${url}/_belfry/console/`)
    const html = await page.text()
    const paths = new Set(
      [...html.replaceAll('&quot;', '"').matchAll(/"(\/_belfry\/console\/assets\/[^"]+)"/g)].map(
        ([, path]) => path as string,
      ),
    )
    assert.ok(paths.size >= 9, `${paths.size} files`)
    let bytes = Number(page.headers.get('content-length'))
    assert.ok(bytes > 0)
    for (const path of [...paths].filter((one) => !/words-(?!en-)/.test(one))) {
      const file = await fetch(url + path)
      assert.equal(file.status, 200, path)
      assert.match(file.headers.get('cache-control') ?? '', /immutable/)
      bytes += Number(file.headers.get('content-length'))
      await file.body?.cancel()
    }
    assert.ok(bytes <= 60_000, `${bytes} bytes`)
  })

  test('an unknown file is 404, and without the setting there is no console', async (t) => {
    const { url } = await startTestServer(t)
    assert.equal((await call(`${url}/_belfry/console/assets/page-of-before.js`)).status, 404)
    const without = await startTestServer(t, { flags: ['--no-console'] })
    assert.equal((await call(`${without.url}/_belfry/console/`)).status, 404)
    assert.equal((await call(`${without.url}${SESSION}`)).status, 404)
  })
})
