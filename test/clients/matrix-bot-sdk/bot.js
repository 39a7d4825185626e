// A bot and a user, both with matrix-bot-sdk: the bot joins each room to which it is invited, and replies to
// commands, in a room without and in one with encryption. Reads BELFRY_URL, BELFRY_PASSWORD and
// BELFRY_CLIENT_STORE. The users "alice" and "bob" exist. Prints a line for each step, and ends with 1 if a
// step fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  AutojoinRoomsMixin,
  LogLevel,
  LogService,
  MatrixAuth,
  MatrixClient,
  RustSdkCryptoStorageProvider,
  SimpleFsStorageProvider,
} from 'matrix-bot-sdk'

const { BELFRY_URL: url, BELFRY_PASSWORD: password, BELFRY_CLIENT_STORE: stores } = process.env
const ROUNDS = 5
const STEP_MS = 30_000
const ENCRYPTION = {
  type: 'm.room.encryption',
  state_key: '',
  content: { algorithm: 'm.megolm.v1.aes-sha2' },
}
const PICTURE = Buffer.from('the bytes of a picture')

LogService.setLevel(LogLevel.WARN)
// It logs each response other than 2xx, as for the encryption of a room without it.
LogService.muteModule('MatrixHttpClient')

/** Logs in with a store of its own, and stops the program if an event cannot be decrypted. */
async function logIn(name) {
  const { accessToken } = await new MatrixAuth(url).passwordLogin(name, password)
  const store = join(stores, name)
  const crypto = new RustSdkCryptoStorageProvider(join(store, 'keys'), 0)
  const storage = new SimpleFsStorageProvider(join(store, 'bot.json'))
  const client = new MatrixClient(url, accessToken, storage, crypto)
  client.on('room.failed_decryption', (roomId, event, error) => {
    console.error(`${name} cannot decrypt ${event.event_id} in ${roomId}: ${error}`)
    process.exit(1)
  })
  return client
}

/** Runs an action and resolves to the parameters of the first event of a client for which the condition holds. */
async function resultOf(client, name, condition, action) {
  const signal = AbortSignal.timeout(STEP_MS)
  const found = Promise.withResolvers()
  const listener = (...parameters) => condition(...parameters) && found.resolve(parameters)
  client.on(name, listener)
  const late = once(signal, 'abort').then(() => Promise.reject(new Error(`no ${name} within ${STEP_MS} ms`)))
  try {
    await action()
    return await Promise.race([found.promise, late])
  } finally {
    client.off(name, listener)
  }
}

/** Replies to each "!echo TEXT", and to a picture with the number of its bytes. */
function startCommands(bot, botId) {
  AutojoinRoomsMixin.setupOnClient(bot)
  bot.on('room.message', (roomId, event) => {
    const reply = async () => {
      if (event.sender === botId) return
      const { body, file, url: plain } = event.content
      if (body.startsWith('!echo ')) await bot.replyNotice(roomId, event, body.slice('!echo '.length))
      if (event.content.msgtype !== 'm.image') return
      const picture = file ? await bot.crypto.decryptMedia(file) : (await bot.downloadContent(plain)).data
      await bot.replyNotice(roomId, event, `${picture.length} bytes`)
    }
    reply().catch((error) => {
      console.error(error)
      process.exit(1)
    })
  })
}

/** The user creates a room, the bot joins it, and the user reads the replies to several commands and a picture. */
async function converse(bot, user, { botId, isEncrypted }) {
  let roomId = ''
  const isJoin = (room, { type, state_key: who, content }) =>
    type === 'm.room.member' && who === botId && content.membership === 'join'
  await resultOf(user, 'room.event', isJoin, async () => {
    roomId = await user.createRoom({
      preset: 'private_chat',
      invite: [botId],
      initial_state: isEncrypted ? [ENCRYPTION] : [],
    })
  })
  assert.equal(await user.crypto.isRoomEncrypted(roomId), isEncrypted)
  /** The reply of the bot that ends with `text` to the event that `send` sends. */
  const replyTo = async (send, text) => {
    let eventId = ''
    const isReply = (room, { sender, content }) => sender === botId && content.body.endsWith(text)
    const [, event] = await resultOf(user, 'room.message', isReply, async () => {
      eventId = await send()
    })
    assert.equal(event.content['m.relates_to']['m.in_reply_to'].event_id, eventId)
    const stored = await user.getRawEvent(roomId, event.event_id)
    assert.equal(stored.type, isEncrypted ? 'm.room.encrypted' : 'm.room.message')
  }
  for (let round = 1; round <= ROUNDS; round++)
    await replyTo(() => user.sendText(roomId, `!echo round ${round}`), `round ${round}`)
  const picture = await pictureOf(user, isEncrypted)
  await replyTo(() => user.sendMessage(roomId, picture), `${PICTURE.length} bytes`)
}

/** The content of a message with an uploaded picture. */
async function pictureOf(user, isEncrypted) {
  const message = { msgtype: 'm.image', body: 'picture.png' }
  if (!isEncrypted) return { ...message, url: await user.uploadContent(PICTURE, 'image/png', 'picture.png') }
  const { buffer, file } = await user.crypto.encryptMedia(PICTURE)
  return { ...message, file: { ...file, url: await user.uploadContent(buffer) } }
}

const bot = await logIn('alice')
const user = await logIn('bob')
const botId = await bot.getUserId()
startCommands(bot, botId)
await bot.start()
await user.start()
console.log('the bot and the user are logged in, with uploaded keys')
for (const isEncrypted of [false, true]) {
  await converse(bot, user, { botId, isEncrypted })
  const room = isEncrypted ? 'an encrypted room' : 'a room without encryption'
  console.log(`the bot joined ${room}, and replied to ${ROUNDS} commands and a picture`)
}
bot.stop()
user.stop()
process.exit(0)
