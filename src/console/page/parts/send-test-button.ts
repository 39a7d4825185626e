import { type ComponentChildren, h } from 'preact'
import { call } from '../api.ts'
import type { TestResult } from '../types.ts'
import { t } from '../words.ts'
import { SendButton } from './send-button.ts'

const TEST_PUSH = '/_matrix/client/unstable/org.matrix.msc4173/pushers/push'

type TestProps = { appId: string; pushkey: string; name: string; reload: () => void }

/** A button that sends a test to a pusher, and the result. */
export function SendTest({ appId, pushkey, name, reload }: TestProps): ComponentChildren {
  const send = async () => {
    const body = { app_id: appId, pushkey }
    const sent = await call<TestResult>('POST', TEST_PUSH, { body })
    return { status: sent.status, attempt: sent['org.belfry.attempt'] }
  }
  return h(SendButton, { label: t('test-send'), target: t('test-to', { name }), send, reload })
}
