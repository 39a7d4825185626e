import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, loginUser, PASSWORD } from '../support/client.ts'
import { findChromium, startChromium } from '../support/chromium.ts'
import { startTestServer } from '../support/server.ts'
import { signInByKeyboard, startConsole } from './console-fixture.ts'
import { loadMore, registerWithToken, restrictUser, usersStates } from './users-screen.ts'

// Accounts in the console, in Chromium: the screen of users, and the form to create an account.

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 240_000 }

describe('accounts in the console', () => {
  test('an administrator sees users in every state, and locks and suspends them', options, async (t) => {
    assert('path' in chromium)
    const fixture = await startConsole(t, chromium.path)
    await fixture.accounts.changeRole('alice', true)
    await fixture.open('/users')
    await signInByKeyboard(fixture.page)
    await t.test('the keyboard locks, unlocks, suspends and unsuspends an account', () =>
      restrictUser(fixture),
    )
    await t.test('further pages are added on demand', () => loadMore(fixture))
    await t.test('every state is accessible', () => usersStates(fixture))
  })

  test(
    'with registration.requires_token the form asks for the token, and says when it is wrong',
    options,
    async (t) => {
      assert('path' in chromium)
      const { url, accounts } = await startTestServer(t, {
        env: { BELFRY_REGISTRATION_REQUIRES_TOKEN: 'true' },
      })
      await accounts.add({ name: 'root', password: PASSWORD, admin: true })
      const root = await loginUser(url, 'root')
      const created = await call(`${url}/_synapse/admin/v1/registration_tokens/new`, {
        token: root.token,
        body: { uses_allowed: 1 },
      })
      const page = await (await startChromium(t, chromium.path)).newPage()
      await registerWithToken({ page, url, token: String(created.body['token']) })
    },
  )
})
