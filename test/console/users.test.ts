import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, loginUser, PASSWORD } from '../support/client.ts'
import { findChromium } from '../support/chromium.ts'
import { startTestServer } from '../support/server.ts'
import { signInByKeyboard, startConsole } from './console-fixture.ts'
import { loadMore, registerWithToken, restrictUser, usersStates } from './users-screen.ts'

// Accounts in the console, in Chromium: the screen of users, and the form to create an account.

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 240_000 }

test('accounts in the console', options, async (t) => {
  assert('path' in chromium)
  const fixture = await startConsole(t, chromium.path)
  await t.test('an administrator sees users in every state, and locks and suspends them', async (admin) => {
    await fixture.accounts.changeRole('alice', true)
    await fixture.open('/users')
    await signInByKeyboard(fixture.page)
    await admin.test('the keyboard locks, unlocks, suspends and unsuspends an account', () =>
      restrictUser(fixture),
    )
    await admin.test('further pages are added on demand', () => loadMore(fixture))
    await admin.test('every state is accessible', () => usersStates(fixture))
  })

  await t.test(
    'with registration.requires_token the form asks for the token, and says when it is wrong',
    async (newcomer) => {
      const { url, accounts } = await startTestServer(newcomer, {
        env: { BELFRY_REGISTRATION_REQUIRES_TOKEN: 'true' },
      })
      await accounts.add({ name: 'root', password: PASSWORD, admin: true })
      const root = await loginUser(url, 'root')
      const created = await call(`${url}/_synapse/admin/v1/registration_tokens/new`, {
        token: root.token,
        body: { uses_allowed: 1 },
      })
      // Another profile of the same browser.
      const page = await (await fixture.page.browser().createBrowserContext()).newPage()
      await registerWithToken({ page, url, token: String(created.body['token']) })
    },
  )
})
