import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api.ts'
import type { TestResult } from '../types.ts'
import { maybe, t } from '../words.ts'
import { errorText } from './loaded.ts'
import { duration } from './when.ts'

const TEST_PUSH = '/_matrix/client/unstable/org.matrix.msc4173/pushers/push'

type TestProps = { appId: string; pushkey: string; name: string; reload: () => void }

/** A button that sends a test to a pusher, and the result. */
export function SendTest({ appId, pushkey, name, reload }: TestProps): ComponentChildren {
  const [result, setResult] = useState<{ isBusy: boolean; text: string }>({ isBusy: false, text: '' })
  const onClick = async () => {
    setResult({ isBusy: true, text: t('test-busy') })
    const text = await sendTest(appId, pushkey)
    setResult({ isBusy: false, text })
    reload()
  }
  return h(
    'div',
    { class: 'device-test' },
    h(
      'button',
      { type: 'button', 'data-test': '', disabled: result.isBusy, onClick: () => void onClick() },
      t('test-send'),
      h('span', { class: 'visually-hidden' }, ' ', t('test-to', { name })),
    ),
    h('span', { role: 'status' }, result.text),
  )
}

async function sendTest(appId: string, pushkey: string): Promise<string> {
  try {
    const sent = await call<TestResult>('POST', TEST_PUSH, { body: { app_id: appId, pushkey } })
    const attempt = sent['org.belfry.attempt']
    const word = maybe(`test-${sent.status.replaceAll('_', '-')}`) ?? sent.status
    return attempt === null ? word : `${word} (${duration(attempt.ms)})`
  } catch (error) {
    return errorText(error)
  }
}
