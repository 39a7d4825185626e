## Everywhere
skip = 跳至內容
close = 關閉
cancel = 取消
nav-label = 頁面
sign-out = 登出
copy-link = 複製連結
copy-json = 複製為 JSON
copy-done = 已複製
copy-failed = 瀏覽器不允許複製
clock-differs = 此瀏覽器的時鐘與伺服器相差 { $by }。以下時間以伺服器為準。
theme-label = 主題：{ $theme }
theme-system = 跟隨系統
theme-light = 淺色
theme-dark = 深色
language-label = 語言
time-now = 剛剛
time-never = 從未

## States of every screen
state-loading = 正在載入
state-slow = 伺服器回應比平常慢，仍在等待。
state-offline = 無法連線至伺服器
state-forbidden = 你無權檢視此內容
state-missing = 這裡沒有你可以檢視的內容
state-failed = 伺服器未能回應
state-retry = 重試

## Sign in
sign-in-title = Belfry
sign-in-about = 為什麼響了？為什麼沒響？用你在此伺服器上的 Matrix 帳號登入。
sign-in-user = 使用者名稱
sign-in-user-hint = 例如 alice 或 @alice:example.org
sign-in-password = 密碼
sign-in-token = 存取權杖
sign-in-token-hint = 來自用戶端或指令碼。在此登出後它仍然有效。
sign-in-token-of-link = 來自你開啟的連結。
sign-in-registration = 註冊權杖
sign-in-registration-hint = 由此伺服器的管理員提供。
sign-in-registration-refused = 此註冊權杖不明、已用完或已過期
sign-in-do = 登入
sign-in-create = 建立帳號
sign-in-with-account = 建立新帳號
sign-in-new-user-hint = 小寫字母、數字和 . _ = / -
sign-in-busy = 正在登入…
sign-in-with-token = 使用存取權杖
sign-in-with-password = 使用密碼
sign-in-refused = 使用者名稱或密碼錯誤
sign-in-token-refused = 伺服器不認得此存取權杖

## Keys
keys-title = 快速鍵
keys-filter = 前往篩選
keys-next = 下一列
keys-previous = 上一列
keys-open = 開啟該列
keys-back = 離開欄位，或返回清單
keys-test = 前往第一個測試按鈕
keys-help = 顯示此清單
keys-switch = 使用單字母快速鍵

## Today
today-title = 今天
today-devices = 你的裝置
today-recent = 最近動態
today-all = 全部歷程
device-success = 上次通知
device-failing = 失敗始於
device-arrived = { $after }後送達
device-last-arrived = 上次送達
device-usually = 通常在{ $after }後
device-not-seen = { $count ->
   *[other] 最近 { $count } 則未送達
}
device-queued = { $count ->
   *[other] { $count } 則等待中
}
pusher-ok = 會響鈴
pusher-unused = 尚未使用
pusher-pending = App 尚未確認
pusher-retrying = 正在重試
pusher-failing = 失敗
pusher-off = 已關閉
pusher-not-seen = 已傳送，但未送達
test-send = 傳送測試
test-to = 至 { $name }
test-busy = 正在傳送…
test-ok = 已傳送
test-rejected = 被退回：App 沒有此裝置
test-unreachable = 無法連線至閘道
test-rate-limited = 閘道要求稍候
test-not-registered = 此裝置已不存在
test-blocked = 不允許使用該閘道的位址
test-disabled = 裝置已關閉
test-not-activated = App 尚未確認此裝置
test-unsupported = 此類裝置不支援測試
first-title = 你還沒有接收通知的裝置
first-about = App 會告訴伺服器要把通知傳到哪裡，這稱為推播器（pusher）。有兩種方法可以新增：
first-client = 以 { $user } 登入 Element X、FluffyChat 或 SchildiChat，伺服器填入 { $server }，並允許通知。
first-curl = 或者在此伺服器上建立一個測試收件匣。TOKEN 是你的存取權杖：
first-waiting = 正在等待你的第一部裝置。此頁面會自動更新。

ring-do = 讓此瀏覽器響鈴
ring-step-permission = 瀏覽器正在詢問是否允許顯示通知…
ring-step-subscribe = 正在向瀏覽器的推播服務訂閱…
ring-step-confirm = 正在等待第一則推播…
ring-step-ring = 正在響鈴…
ring-done = 已傳送。瀏覽器現在會顯示一則通知。
ring-denied = 瀏覽器不允許此頁面顯示通知。請在瀏覽器的網站設定中允許。
ring-off = 此伺服器未啟用 Web Push（設定 push.web_push）。
ring-no-service = 瀏覽器無法向其推播服務訂閱。
ring-not-confirmed = 第一則推播未在 20 秒內送達。請檢查伺服器能否連上網際網路。
ring-unsupported = 要讓此瀏覽器響鈴，請透過 https 或 localhost 開啟主控台。
ring-app = Belfry 主控台
ring-device = 此瀏覽器
ring-title = 響鈴了
ring-text = Belfry 可以通知到此瀏覽器。

## Journeys
journeys-title = 歷程
journeys-event = 依事件 ID 開啟
list-event = 事件
list-why = 原因
list-no-devices = 無裝置
list-older = 載入較舊的
list-news = { $count ->
   *[other] { $count } 筆新歷程
}
list-total = { $count ->
   *[other] { $count } 筆歷程
}
list-total-at-least = { $count ->
   *[other] 至少 { $count } 筆歷程
}
list-none = 還沒有任何動態
list-none-about = 別人傳給你的每則訊息都會自動顯示在這裡，並說明為什麼響鈴或沒有響鈴。
list-none-match = 沒有符合的歷程
list-none-match-about = 移除一個篩選條件，或者稍候：新的歷程會自動出現。
live-connecting = 正在連線
live-live = 即時
live-paused = 已暫停
live-failed = 每 5 秒更新
live-pause = 暫停
live-resume = 繼續
filter-state = 狀態
filter-device = 裝置
filter-since = 時間
filter-room = 聊天室 ID
filter-all = 全部
filter-clear = 清除篩選
since-1h = 最近 1 小時
since-24h = 最近 24 小時
since-7d = 最近 7 天
device-state-sent = 已傳送
device-state-waiting = 等待中
device-state-held = 暫緩
device-state-failing = 失敗
device-state-silent = 靜默
device-state-read-first = 已先讀
device-state-skipped = 已略過
device-state-dropped = 被拒絕
device-state-rejected = 被退回
device-state-off = 已關閉
device-state-unknown = 未知
type-m-room-message = 訊息
type-m-room-encrypted = 加密訊息
type-m-room-member = 成員變動
type-m-call-invite = 通話
type-m-sticker = 貼圖
type-m-room-topic = 主題
type-m-room-name = 聊天室名稱
type-m-room-tombstone = 聊天室升級
type-m-poll-start = 投票

## One journey
journey-title = 事件的歷程
journey-decision = 決定
journey-devices = 裝置
journey-no-devices = 當時沒有裝置
journey-no-devices-about = 事件傳送時，此使用者沒有接收通知的 App。
journey-rule = 決定性的規則：
journey-rules = 推播規則（依判斷順序）
journey-rules-changed = 規則在那之後有變更。清單顯示的是目前的規則；決定則是當時記錄的。
journey-try = 用此事件試一條規則
journey-removed = 已移除
journey-untraced = 伺服器不記錄歷程（設定 trace.enabled），因此缺少各次嘗試。
fact-when = 傳送時間
fact-sender = 傳送者
fact-room = 聊天室
fact-type = 類型
fact-user = 歷程所屬使用者
fact-read = 已讀
fact-read-yes = 是
fact-read-no = 尚未
fact-event = 事件 ID
step-attempt = 第 { $number } 次嘗試
step-status = 狀態碼 { $status }
step-next = 下次嘗試
step-unknown = 未知
step-waiting = 等待中
step-held = 暫緩

step-sent = 已傳送
step-fetched = 已送達
step-rejected = 被退回
step-dropped = 被拒絕
step-skipped = 未傳送
step-cleared = 已移除
step-not-queued = 未傳送
step-not-seen = 未送達
step-gateway = 在閘道處
reason-no-rule-matched = 沒有規則符合
reason-not-kept = 已無記錄
reason-wakes-only = 僅喚醒裝置
reason-rules-failed = 規則出錯
reason-not-fetched = 未送達
reason-read = 已先讀
reason-gateway-failing = 閘道故障
reason-mail-server-failing = 郵件伺服器故障
reason-suppressed-by-a-device-rule = 在此裝置上靜默
reason-does-not-notify = 不通知
reason-in-the-app-only = 僅在 App 內
reason-collapsed = 已由較新的通知取代
reason-active-elsewhere = 暫緩：正在使用其他裝置
reason-no-pushers = 無裝置
reason-set-after-the-event = 之後才設定
reason-pusher-disabled = 裝置當時已關閉
reason-disabled = 裝置已關閉
reason-not-activated = App 尚未確認
reason-own-event = 自己的事件
reason-not-a-member = 不是成員
reason-sender-is-ignored = 傳送者已被忽略
reason-redacted = 已刪除的訊息
reason-not-by-e-mail = 不透過郵件
remedy-2xx = 閘道有回應，但沒有接受通知。閘道的營運者可以在記錄檔中找到原因。
remedy-3xx = 閘道回應了重新導向。請用最終位址設定推播器。
remedy-4xx = 閘道拒絕了要求。請檢查推播器的 app id 和位址。
remedy-5xx = 閘道發生故障。伺服器會自動重試。
remedy-connection-refused = 閘道位址上沒有服務在接聽。請檢查閘道是否在執行以及連接埠是否正確。
remedy-dns = 閘道的主機名稱不存在。請檢查推播器的位址。
remedy-timeout = 閘道未及時回應。伺服器會自動重試。
remedy-tls = 閘道的憑證不受信任。請更新憑證，或用 push.extra_ca 加入其憑證授權單位。
remedy-blocked-by-the-IP-policy = 該位址不是公開位址。如果你信任它，請用 push.allow_ip_ranges 允許。

## Rules
rules-not-matched = { $count ->
   *[other] { $count } 條規則不符合
}
rules-not-reached = { $count ->
   *[other] 另有 { $count } 條規則無須判斷。
}
verdict-matched = 符合
verdict-wakes-only = 僅喚醒裝置
verdict-no-match = 不符合
verdict-disabled = 已關閉
verdict-malformed = 格式錯誤
verdict-not-evaluated = 未判斷
check-holds = 成立
check-fails = 不成立
check-expected = 預期
check-actual = 實際
check-nothing = 無
condition-event-match = 事件符合某個模式
condition-event-property-is = 事件的某個屬性等於某值
condition-event-property-contains = 事件中的某個清單包含某值
condition-contains-display-name = 文字包含你的名字
condition-room-member-count = 聊天室有特定數量的成員
condition-sender-notification-permission = 傳送者有權通知整個聊天室
rule-own = 自訂規則 { $id }（{ $kind }）
rule-device = 僅 { $handle }
kind-override = 優先
kind-content = 字詞
kind-room = 聊天室
kind-sender = 傳送者
kind-underride = 後備
rule-m-rule-master = 全部靜音
rule-m-rule-suppress-notices = 機器人的訊息
rule-m-rule-invite-for-me = 給你的邀請
rule-m-rule-member-event = 成員變動
rule-m-rule-is-user-mention = 提及你
rule-m-rule-contains-display-name = 文字中有你的名字
rule-m-rule-is-room-mention = 提及整個聊天室
rule-m-rule-roomnotif = 文字中有 @room
rule-m-rule-tombstone = 聊天室升級
rule-m-rule-reaction = 回應
rule-m-rule-room-server-acl = 聊天室的伺服器清單
rule-m-rule-suppress-edits = 訊息的編輯
rule-m-rule-contains-user-name = 文字中有你的使用者名稱
rule-m-rule-call = 通話
rule-m-rule-encrypted-room-one-to-one = 兩人間的加密訊息
rule-m-rule-room-one-to-one = 兩人間的訊息
rule-m-rule-message = 訊息
rule-m-rule-encrypted = 加密訊息

## The table of rules
rules-title = 規則
rules-about = 什麼在哪裡響鈴。裝置的規則先於帳號的規則，且只對該裝置生效。未讀數只取決於帳號的規則。
rules-account = 帳號
rules-device = 裝置
rules-filter = 尋找聊天室
rules-rooms = 聊天室
rules-senders = 聯絡人
rules-contents = 字詞
rules-room = 聊天室
rules-sender = 聯絡人
rules-content = 字詞
rules-no-rooms = 找不到聊天室。
rules-no-senders = 沒有針對聯絡人的規則。
rules-no-contents = 沒有針對字詞的規則。
rules-more = 顯示更多
rules-cell = { $what }，{ $where }
rules-effect = 效果
rules-period = 時間長度
rules-save = 儲存
rules-add = 新增
rules-add-sender = 聯絡人的使用者 ID
rules-add-content = 字詞；* 和 ? 代表任意字元
rules-other = 其他規則
rules-own = 你的條件規則
rules-defaults = 預設規則
rules-rule = 規則
rules-state = 狀態
rules-actions = 變更
rules-on = 開
rules-off = 關
rules-switch-on = 開啟
rules-switch-off = 關閉
rules-delete = 刪除
rules-ends = 結束於
effect-inherits = 預設
effect-muted = 靜音
effect-mentions = 僅提及
effect-silent = 靜默
effect-quiet = 通知但無聲
effect-rings = 響鈴
effect-highlight = 響鈴並醒目標示
period-always = 一直
period-hour = 1 小時
period-work = 8 小時
period-day = 1 天

## The doctor
doctor-title = 診斷
doctor-nothing = 沒有什麼妨礙你的通知送達
doctor-more = { $count ->
   *[other] 解決這些問題後，還會顯示另外 { $count } 項結果。
}
severity-problem = 問題
severity-warning = 警告
severity-hint = 提示
finding-busy = 正在變更…
finding-done = 完成
finding-no-pusher = 你沒有接收通知的裝置。
finding-notifications-are-off = 所有通知都已關閉。
finding-no-process-delivers = 伺服器目前沒有傳送通知。通知會等到恢復傳送。
finding-pusher-is-failing = 自 { $since } 起，傳到 { $device } 的通知一直失敗。
finding-pusher-is-retrying = 自 { $since } 起，傳到 { $device } 的通知一直失敗。
finding-pusher-is-disabled = { $device } 已關閉。
finding-pusher-is-not-confirmed = { $device } 上的 App 尚未確認要接收通知。
finding-pushes-do-not-arrive = 自 { $since } 起，{ $device } 沒有取回任何通知所指的內容。
finding-handle-is-shared = { $device } 與另一部裝置的規則相同，因為兩者的識別碼都是 { $handle }。
finding-device-rules-without-a-pusher = 識別碼 { $handle } 有規則，但沒有裝置使用它。
finding-calls-cannot-ring = 來電無法在 { $device } 上響鈴，原因是這條規則：{ $rule }。
finding-calls-in-a-room-cannot-ring = { $room } 中的來電無法在 { $device } 上響鈴，原因是這條規則：{ $rule }。
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
   *[other] 伺服器看不到 { $count } 個加密聊天室中的提及；{ $device } 能看到，卻收不到這些訊息的通知。
}
finding-rule-contradicts-itself = 「{ $rule }」永遠不會符合，因為它的條件互相排斥。
finding-rule-has-an-unknown-condition = 「{ $rule }」永遠不會符合，因為伺服器不認得它的某個條件。
finding-rule-is-shadowed = 「{ $rule }」永遠不會符合，因為這條規則在它之前且符合相同的內容：{ $other }。
finding-rule-for-a-room-that-was-left = 「{ $rule }」針對的是你不在其中的聊天室。
finding-room-is-muted-twice = { $room } 被兩條規則靜音：「{ $other }」和「{ $rule }」。
advice-no-pusher = 在你的裝置上用 App 登入，並允許其通知。
advice-notifications-are-off = 開啟後才能收到通知。
advice-no-process-delivers = 請聯絡伺服器管理員。通知不會遺失。
advice-pusher-is-failing = 伺服器會自動重試。如果裝置上已沒有該 App，請刪除此裝置；否則需要修復其閘道。
advice-pusher-is-retrying = 伺服器會自動重試，不會遺失任何內容。
advice-pusher-was-removed = 在裝置上開啟 App，讓它重新註冊通知。
advice-pusher-is-disabled = 開啟後才能在該裝置上收到通知。
advice-pusher-is-not-confirmed = 在裝置上開啟 App。
advice-pushes-do-not-arrive = 在裝置上開啟 App。檢查裝置是否連線，以及系統是否允許該 App 接收通知並在背景執行。
advice-handle-is-shared = 如果這不是你想要的，請為此裝置設定專屬的識別碼。
advice-device-rules-without-a-pusher = 當有 App 以此識別碼註冊時，這些規則會重新生效。
advice-calls-cannot-ring = 變更該規則，或為通話新增一條規則。
advice-calls-in-a-room-cannot-ring = 讓此聊天室的來電響鈴，或保持靜音。
advice-mentions-in-encrypted-rooms-are-hidden = 把加密訊息傳送到裝置，讓它自行尋找提及。
advice-rule-has-an-unknown-condition = 修正或刪除此規則。
advice-rule-contradicts-itself = 修正或刪除此規則。
advice-rule-is-shadowed = 刪除其中一條，或調整順序。
advice-rule-for-a-room-that-was-left = 如果你不打算再加入，請刪除此規則。
advice-room-is-muted-twice = 要重新收到此聊天室的通知，兩條都須刪除。現在先刪除其中一條。
remedy-delete-rule = 刪除「{ $rule }」
remedy-enable-rule = 開啟「{ $rule }」
remedy-disable-rule = 關閉「{ $rule }」
remedy-let-calls-ring = 讓來電在 { $device } 上響鈴
remedy-send-encrypted-messages = 把所有加密訊息傳送到 { $device }
remedy-enable-pusher = 開啟 { $device }
remedy-delete-pusher = 刪除 { $device }
remedy-send-a-test = 向 { $device } 傳送測試
remedy-own-handle-with-the-rules = 為 { $device } 設定專屬的識別碼，並複製規則
remedy-own-handle-without-rules = 為 { $device } 設定專屬的識別碼，不含規則

## Devices
devices-title = 裝置
devices-about = 此伺服器為你通知的 App、它們的狀況以及出現的問題。
devices-none = 你還沒有接收通知的裝置
devices-none-about = 首頁說明了如何新增。
devices-removed = 最近 30 天內移除
devices-device = 裝置
devices-when = 移除時間
devices-why = 原因
device-arrived-unknown = 未知：App 不會取回通知所指的內容
device-error = 上次錯誤
device-held = 暫緩至
device-waiting = 佇列
device-gateway = 閘道
device-gateway-none = 無
device-handle = 識別碼
device-handle-none = 無
device-app = App id
device-settings = 設定
device-enabled = 在此裝置上通知
device-badges = 傳送 App 圖示上的數字
device-hold = 你正在使用其他裝置時，等待
device-hold-hint = 這段時間內你在那裡讀過的內容不會傳送到此裝置。
device-hold-none = 不等待
removed-deleted = 由你或你的 App 刪除
removed-rejected = 閘道回報該裝置已不存在
removed-device-removed = 裝置已登出
removed-taken-over = 另一位使用者在該裝置上登入
removed-account-closed = 帳號已停用
removed-unsubscribed = 訂閱已終止
removed-address-removed = 位址已移除
removed-not-confirmed = App 未確認

## Try a rule
try-title = 試用規則
try-about = 在你儲存規則之前，不會傳送或儲存任何內容。
try-event = 事件
try-room-hint = 你已加入的聊天室，用於取得其成員和你在其中的名字。可以留空。
try-event-json = JSON 格式的事件
try-bad-event = 事件不是有效的 JSON：{ $error }
try-rule = 規則
try-subject = 適用於
try-subject-word = 包含某個字詞的訊息
try-subject-room = 某個聊天室的所有內容
try-subject-sender = 某位聯絡人的所有內容
try-subject-conditions = 自訂條件
try-value-word = 字詞；* 和 ? 代表任意字元
try-value-room = 聊天室 ID
try-value-sender = 使用者 ID
try-value-conditions = JSON 清單形式的條件
try-effect = 效果
try-effect-ring = 響鈴
try-effect-highlight = 響鈴並醒目標示
try-effect-quiet = 通知但無聲
try-effect-mute = 不通知
try-scope = 套用裝置
try-all-devices = 所有裝置
try-do = 試試看
try-result = 會發生什麼
try-counts = 此事件會通知你。
try-counts-not = 此事件不會通知你。
try-no-devices = 你還沒有裝置，因此不會有任何裝置響鈴。
try-rings = 響鈴
try-silent = 無聲通知
try-nothing = 無
try-handle = 識別碼 { $handle }
try-save-account = 為此帳號儲存
try-save-device = 為此裝置儲存
try-saved = 已儲存

preview-title = { $count ->
   *[other] 此規則下你最近的 { $count } 個事件
}
preview-account = 未讀數
preview-none = 沒有變化
preview-rings = { $count ->
   *[other] 多 { $count } 個會響鈴
}
preview-silent = { $count ->
   *[other] { $count } 個變為靜默
}
preview-differs = { $count ->
   *[other] { $count } 個聲音不同
}
preview-cut = 這些規則過於複雜，無法對全部事件進行判斷。
change-rings = 會響鈴
change-silent = 變為靜默
change-differs = 聲音不同

## A path without a screen
missing-title = 沒有這個頁面
missing-about = 主控台在此位址沒有頁面。

## Administration
admin-title = 管理
admin-about = 所有使用者的閘道和裝置。這裡不顯示訊息和裝置位址。
admin-alarms = 警報
admin-no-alarms = 沒有警報
admin-alarm = 在過去 { $window }內，經由 { $gateway } 的推播有 { $share } 送達；通常為 { $usual }。
admin-window-hour = 1 小時
admin-window-day = 1 天
admin-trouble = { $app }：{ $reason }，始於 { $since }
admin-gateways = 閘道
admin-no-gateways = 還沒有裝置使用閘道。
admin-gateway = 閘道
admin-gateway-others = 其他閘道
admin-devices = 裝置
admin-failing = 失敗
admin-queue = 等待中
admin-oldest = 失敗始於
admin-hour = 最近 1 小時送達
admin-day = 最近 1 天送達
admin-usual = 通常
admin-share-unknown = 未知
admin-apps = 此伺服器閘道的 App
admin-no-apps = 此伺服器的閘道沒有 App。
admin-app = App
admin-app-state = 狀態
admin-app-waiting = 要求
admin-app-requests = { $running } 個進行中，{ $waiting } 個等待中
admin-app-expires = 憑證到期
admin-app-ok = 正常
admin-app-degraded = 部分正常
admin-app-failing = 失敗
admin-app-alarmed = 拒絕大多數裝置
admin-states = 裝置狀態
admin-state-count = { $count ->
   *[other] { $count } 部裝置
}
admin-users = 使用者的裝置
admin-user = 使用者
admin-find = 尋找使用者或裝置
admin-no-users = 找不到裝置。
admin-error = 上次錯誤
admin-more = 載入更多
resend-do = 重新傳送
resend-to = 至 { $name }

## 使用者
users-title = 使用者
users-about = 此伺服器的帳號。變更會立即生效。
users-find = 使用者 ID 或顯示名稱
users-search = 搜尋
users-none = 找不到使用者。
users-seen = 上次請求
users-admin = 管理員
users-active = 正常
users-locked = 已鎖定
users-suspended = 已停權
users-lock = 鎖定
users-unlock = 解除鎖定
users-suspend = 停權
users-unsuspend = 結束停權
users-lock-about = 在您解除鎖定之前，{ $user } 無法使用此帳號，也不會向其裝置推送任何內容。
users-unlock-about = { $user } 可以重新使用此帳號，其裝置會重新收到通知。
users-suspend-about = 在您結束停權之前，{ $user } 可以閱讀，但不能傳送或變更他人可見的內容。
users-unsuspend-about = { $user } 可以重新傳送，並變更他人可見的內容。
