import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api.ts'
import { Field, textIn } from '../parts/field.ts'
import { Icon } from '../parts/icon.ts'
import { Notice } from '../parts/loaded.ts'
import { signInWithPassword, signInWithToken } from '../stores/session.ts'
import { t } from '../words.ts'

/** Shown in the place of every screen without a session. The URL stays, so that the wanted screen follows. */
export function SignIn(): ComponentChildren {
  const [method, setMethod] = useState<'password' | 'token'>('password')
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    setError('')
    try {
      if (method === 'token') await signInWithToken(textIn(form, 'token').trim())
      else await signInWithPassword(textIn(form, 'username').trim(), textIn(form, 'password'))
    } catch (failed) {
      setError(textOf(failed as ApiError))
      setBusy(false)
    }
  }
  const other = method === 'password' ? 'token' : 'password'
  return h(
    'main',
    { class: 'sign-in', id: 'main' },
    h('div', { class: 'sign-in-mark' }, h(Icon, { name: 'bell' })),
    h('h1', { tabIndex: -1 }, t('sign-in-title')),
    h('p', { class: 'muted' }, t('sign-in-about')),
    h(
      'form',
      { onSubmit: (event: SubmitEvent) => void onSubmit(event), class: 'panel' },
      method === 'password' ? h(PasswordFields, null) : h(TokenField, null),
      error !== '' && h(Notice, { tone: 'bad', icon: 'warn', title: error, alert: true }),
      h(
        'button',
        { type: 'submit', class: 'primary', disabled: isBusy },
        t(isBusy ? 'sign-in-busy' : 'sign-in-do'),
      ),
      h(
        'button',
        { type: 'button', class: 'plain', onClick: () => setMethod(other) },
        t(`sign-in-with-${other}`),
      ),
    ),
  )
}

function PasswordFields(): ComponentChildren {
  return h(
    'div',
    { class: 'fields' },
    h(Field, {
      label: t('sign-in-user'),
      hint: t('sign-in-user-hint'),
      children: (ids) =>
        h('input', {
          ...ids,
          name: 'username',
          autocomplete: 'username',
          autocapitalize: 'none',
          spellcheck: false,
          required: true,
        }),
    }),
    h(Field, {
      label: t('sign-in-password'),
      children: (ids) =>
        h('input', {
          ...ids,
          name: 'password',
          type: 'password',
          autocomplete: 'current-password',
          required: true,
        }),
    }),
  )
}

function TokenField(): ComponentChildren {
  return h(Field, {
    label: t('sign-in-token'),
    hint: t('sign-in-token-hint'),
    children: (ids) =>
      h('input', { ...ids, name: 'token', type: 'password', autocomplete: 'off', required: true }),
  })
}

function textOf({ status, errcode, message }: ApiError): string {
  if (status === 0) return t('state-offline')
  if (errcode === 'M_FORBIDDEN') return t('sign-in-refused')
  if (errcode === 'M_UNKNOWN_TOKEN') return t('sign-in-token-refused')
  return message
}
