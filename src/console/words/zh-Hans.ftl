## Everywhere
skip = 跳到正文
close = 关闭
cancel = 取消
nav-label = 页面
sign-out = 退出登录
copy-link = 复制链接
copy-json = 复制为 JSON
copy-done = 已复制
copy-failed = 浏览器不允许复制
clock-differs = 此浏览器的时钟与服务器相差 { $by }。以下时间以服务器为准。
theme-label = 主题：{ $theme }
theme-system = 跟随系统
theme-light = 浅色
theme-dark = 深色
language-label = 语言
time-now = 刚刚
time-never = 从未

## States of every screen
state-loading = 正在加载
state-slow = 服务器响应比平时慢，仍在等待。
state-offline = 无法连接服务器
state-forbidden = 你无权查看此内容
state-missing = 这里没有你可以查看的内容
state-failed = 服务器未能响应
state-retry = 重试

## Sign in
sign-in-title = Belfry
sign-in-about = 为什么响了？为什么没响？用你在此服务器上的 Matrix 账号登录。
sign-in-user = 用户名
sign-in-user-hint = 例如 alice 或 @alice:example.org
sign-in-password = 密码
sign-in-token = 访问令牌
sign-in-token-hint = 来自客户端或脚本。在此退出登录后它仍然有效。
sign-in-token-of-link = 来自你打开的链接。
sign-in-registration = 注册令牌
sign-in-registration-hint = 由此服务器的管理员提供。
sign-in-registration-refused = 此注册令牌未知、已用完或已过期
sign-in-do = 登录
sign-in-create = 创建账号
sign-in-with-account = 创建新账号
sign-in-new-user-hint = 小写字母、数字和 . _ = / -
sign-in-busy = 正在登录…
sign-in-with-token = 使用访问令牌
sign-in-with-password = 使用密码
sign-in-refused = 用户名或密码错误
sign-in-token-refused = 服务器不认识此访问令牌

## Keys
keys-title = 快捷键
keys-filter = 转到筛选
keys-next = 下一行
keys-previous = 上一行
keys-open = 打开该行
keys-back = 离开输入框，或返回列表
keys-test = 转到第一个测试按钮
keys-help = 显示此列表
keys-switch = 启用单字母快捷键

## Today
today-title = 今天
today-devices = 你的设备
today-recent = 最近动态
today-all = 全部历程
device-success = 上次通知
device-failing = 失败始于
device-arrived = { $after }后送达
device-last-arrived = 上次送达
device-usually = 通常在{ $after }后
device-not-seen = { $count ->
   *[other] 最近 { $count } 条未送达
}
device-queued = { $count ->
   *[other] { $count } 条等待中
}
pusher-ok = 会响铃
pusher-unused = 尚未使用
pusher-pending = 应用尚未确认
pusher-retrying = 正在重试
pusher-failing = 失败
pusher-off = 已关闭
pusher-not-seen = 已发送，但未送达
test-send = 发送测试
test-to = 到 { $name }
test-busy = 正在发送…
test-ok = 已发送
test-rejected = 被退回：应用没有此设备
test-unreachable = 无法连接网关
test-rate-limited = 网关要求稍候
test-not-registered = 此设备已不存在
test-blocked = 不允许使用该网关的地址
test-disabled = 设备已关闭
test-not-activated = 应用尚未确认此设备
test-unsupported = 此类设备不支持测试
first-title = 你还没有接收通知的设备
first-about = 应用会告诉服务器把通知发到哪里，这称为推送器（pusher）。有两种方法可以添加：
first-client = 以 { $user } 登录 Element X、FluffyChat 或 SchildiChat，服务器填写 { $server }，并允许通知。
first-curl = 或者在此服务器上建立一个测试收件箱。TOKEN 是你的访问令牌：
first-waiting = 正在等待你的第一台设备。此页面会自动更新。

ring-do = 让此浏览器响铃
ring-step-permission = 浏览器正在询问是否允许显示通知…
ring-step-subscribe = 正在向浏览器的推送服务订阅…
ring-step-confirm = 正在等待第一条推送…
ring-step-ring = 正在响铃…
ring-done = 已发送。浏览器现在会显示一条通知。
ring-denied = 浏览器不允许此页面显示通知。请在浏览器的网站设置中允许。
ring-off = 此服务器未启用 Web Push（设置项 push.web_push）。
ring-no-service = 浏览器无法向其推送服务订阅。
ring-not-confirmed = 第一条推送未在 20 秒内送达。请检查服务器能否访问互联网。
ring-unsupported = 要让此浏览器响铃，请通过 https 或 localhost 打开控制台。
ring-app = Belfry 控制台
ring-device = 此浏览器
ring-title = 响铃了
ring-text = Belfry 可以通知到此浏览器。

## Journeys
journeys-title = 历程
journeys-event = 按事件 ID 打开
list-event = 事件
list-why = 原因
list-no-devices = 无设备
list-older = 加载更早的
list-news = { $count ->
   *[other] { $count } 条新历程
}
list-total = { $count ->
   *[other] { $count } 条历程
}
list-total-at-least = { $count ->
   *[other] 至少 { $count } 条历程
}
list-none = 还没有任何动态
list-none-about = 别人发给你的每条消息都会自动显示在这里，并说明为什么响铃或没有响铃。
list-none-match = 没有符合的历程
list-none-match-about = 移除一个筛选条件，或者稍候：新的历程会自动出现。
live-connecting = 正在连接
live-live = 实时
live-paused = 已暂停
live-failed = 每 5 秒更新
live-pause = 暂停
live-resume = 继续
filter-state = 状态
filter-device = 设备
filter-since = 时间
filter-room = 房间 ID
filter-all = 全部
filter-clear = 清除筛选
since-1h = 最近 1 小时
since-24h = 最近 24 小时
since-7d = 最近 7 天
device-state-sent = 已发送
device-state-waiting = 等待中
device-state-held = 暂缓
device-state-failing = 失败
device-state-silent = 静默
device-state-read-first = 已先读
device-state-skipped = 已跳过
device-state-dropped = 被拒绝
device-state-rejected = 被退回
device-state-off = 已关闭
device-state-unknown = 未知
type-m-room-message = 消息
type-m-room-encrypted = 加密消息
type-m-room-member = 成员变动
type-m-call-invite = 通话
type-m-sticker = 贴纸
type-m-room-topic = 话题
type-m-room-name = 房间名称
type-m-room-tombstone = 房间升级
type-m-poll-start = 投票

## One journey
journey-title = 事件的历程
journey-decision = 决定
journey-devices = 设备
journey-no-devices = 当时没有设备
journey-no-devices-about = 事件发送时，此用户没有接收通知的应用。
journey-rule = 起决定作用的规则：
journey-rules = 推送规则（按判断顺序）
journey-rules-changed = 规则在那之后有改动。列表显示的是现在的规则；决定则是当时记录的。
journey-try = 用此事件试一条规则
journey-removed = 已移除
journey-untraced = 服务器不记录历程（设置项 trace.enabled），因此缺少各次尝试。
fact-when = 发送时间
fact-sender = 发送者
fact-room = 房间
fact-type = 类型
fact-user = 历程所属用户
fact-read = 已读
fact-read-yes = 是
fact-read-no = 尚未
fact-event = 事件 ID
step-attempt = 第 { $number } 次尝试
step-status = 状态码 { $status }
step-next = 下次尝试
step-unknown = 未知
step-waiting = 等待中
step-held = 暂缓

step-sent = 已发送
step-fetched = 已送达
step-rejected = 被退回
step-dropped = 被拒绝
step-skipped = 未发送
step-cleared = 已移除
step-not-queued = 未发送
step-not-seen = 未送达
step-gateway = 在网关处
reason-no-rule-matched = 没有规则匹配
reason-not-kept = 已无记录
reason-wakes-only = 仅唤醒设备
reason-rules-failed = 规则出错
reason-not-fetched = 未送达
reason-read = 已先读
reason-gateway-failing = 网关故障
reason-mail-server-failing = 邮件服务器故障
reason-suppressed-by-a-device-rule = 在此设备上静默
reason-does-not-notify = 不通知
reason-in-the-app-only = 仅在应用内
reason-collapsed = 已被更新的通知取代
reason-active-elsewhere = 暂缓：正在使用其他设备
reason-no-pushers = 无设备
reason-set-after-the-event = 之后才设置
reason-pusher-disabled = 设备当时已关闭
reason-disabled = 设备已关闭
reason-not-activated = 应用尚未确认
reason-own-event = 自己的事件
reason-not-a-member = 不是成员
reason-sender-is-ignored = 发送者已被忽略
reason-redacted = 已删除的消息
reason-not-by-e-mail = 不通过邮件
remedy-2xx = 网关有响应，但没有接受通知。网关的运营者可以在日志中找到原因。
remedy-3xx = 网关返回了重定向。请用最终地址设置推送器。
remedy-4xx = 网关拒绝了请求。请检查推送器的 app id 和地址。
remedy-5xx = 网关出现故障。服务器会自动重试。
remedy-connection-refused = 网关地址上没有服务在监听。请检查网关是否在运行以及端口是否正确。
remedy-dns = 网关的主机名不存在。请检查推送器的地址。
remedy-timeout = 网关未及时响应。服务器会自动重试。
remedy-tls = 网关的证书不受信任。请更新证书，或用 push.extra_ca 添加其证书颁发机构。
remedy-blocked-by-the-IP-policy = 该地址不是公网地址。如果你信任它，请用 push.allow_ip_ranges 允许。

## Rules
rules-not-matched = { $count ->
   *[other] { $count } 条规则不匹配
}
rules-not-reached = { $count ->
   *[other] 另有 { $count } 条规则无需判断。
}
verdict-matched = 匹配
verdict-wakes-only = 仅唤醒设备
verdict-no-match = 不匹配
verdict-disabled = 已关闭
verdict-malformed = 格式错误
verdict-not-evaluated = 未判断
check-holds = 成立
check-fails = 不成立
check-expected = 预期
check-actual = 实际
check-nothing = 无
condition-event-match = 事件符合某个模式
condition-event-property-is = 事件的某个属性等于某值
condition-event-property-contains = 事件中的某个列表包含某值
condition-contains-display-name = 文本包含你的名字
condition-room-member-count = 房间有特定数量的成员
condition-sender-notification-permission = 发送者有权通知整个房间
rule-own = 自定义规则 { $id }（{ $kind }）
rule-device = 仅 { $handle }
kind-override = 优先
kind-content = 词语
kind-room = 房间
kind-sender = 发送者
kind-underride = 后备
rule-m-rule-master = 全部静音
rule-m-rule-suppress-notices = 机器人的消息
rule-m-rule-invite-for-me = 发给你的邀请
rule-m-rule-member-event = 成员变动
rule-m-rule-is-user-mention = 提及你
rule-m-rule-contains-display-name = 文本中有你的名字
rule-m-rule-is-room-mention = 提及整个房间
rule-m-rule-roomnotif = 文本中有 @room
rule-m-rule-tombstone = 房间升级
rule-m-rule-reaction = 回应
rule-m-rule-room-server-acl = 房间的服务器列表
rule-m-rule-suppress-edits = 消息的编辑
rule-m-rule-contains-user-name = 文本中有你的用户名
rule-m-rule-call = 通话
rule-m-rule-encrypted-room-one-to-one = 双人加密消息
rule-m-rule-room-one-to-one = 双人消息
rule-m-rule-message = 消息
rule-m-rule-encrypted = 加密消息

## The table of rules
rules-title = 规则
rules-about = 什么在哪里响铃。设备的规则先于账号的规则，且只对该设备生效。未读数只取决于账号的规则。
rules-account = 账号
rules-device = 设备
rules-filter = 查找房间
rules-rooms = 房间
rules-senders = 联系人
rules-contents = 词语
rules-room = 房间
rules-sender = 联系人
rules-content = 词语
rules-no-rooms = 未找到房间。
rules-no-senders = 没有针对联系人的规则。
rules-no-contents = 没有针对词语的规则。
rules-more = 显示更多
rules-cell = { $what }，{ $where }
rules-effect = 效果
rules-period = 时长
rules-save = 保存
rules-add = 添加
rules-add-sender = 联系人的用户 ID
rules-add-content = 词语；* 和 ? 代表任意字符
rules-other = 其他规则
rules-own = 你的条件规则
rules-defaults = 默认规则
rules-rule = 规则
rules-state = 状态
rules-actions = 更改
rules-on = 开
rules-off = 关
rules-switch-on = 开启
rules-switch-off = 关闭
rules-delete = 删除
rules-ends = 结束于
effect-inherits = 默认
effect-muted = 静音
effect-mentions = 仅提及
effect-silent = 静默
effect-quiet = 通知但无声
effect-rings = 响铃
effect-highlight = 响铃并高亮
period-always = 始终
period-hour = 1 小时
period-work = 8 小时
period-day = 1 天

## The doctor
doctor-title = 诊断
doctor-nothing = 没有什么妨碍你的通知送达
doctor-more = { $count ->
   *[other] 解决这些问题后，还会显示另外 { $count } 项结果。
}
severity-problem = 问题
severity-warning = 警告
severity-hint = 提示
finding-busy = 正在更改…
finding-done = 完成
finding-no-pusher = 你没有接收通知的设备。
finding-notifications-are-off = 所有通知都已关闭。
finding-no-process-delivers = 服务器目前没有发送通知。通知会等到恢复发送。
finding-pusher-is-failing = 自 { $since } 起，发往 { $device } 的通知一直失败。
finding-pusher-is-retrying = 自 { $since } 起，发往 { $device } 的通知一直失败。
finding-pusher-is-disabled = { $device } 已关闭。
finding-pusher-is-not-confirmed = { $device } 上的应用尚未确认要接收通知。
finding-pushes-do-not-arrive = 自 { $since } 起，{ $device } 没有取回任何通知所指的内容。
finding-handle-is-shared = { $device } 与另一台设备的规则相同，因为两者的标识都是 { $handle }。
finding-device-rules-without-a-pusher = 标识 { $handle } 有规则，但没有设备使用它。
finding-calls-cannot-ring = 来电无法在 { $device } 上响铃，原因是这条规则：{ $rule }。
finding-calls-in-a-room-cannot-ring = { $room } 中的来电无法在 { $device } 上响铃，原因是这条规则：{ $rule }。
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
   *[other] 服务器看不到 { $count } 个加密房间中的提及；{ $device } 能看到，却收不到这些消息的通知。
}
finding-rule-contradicts-itself = “{ $rule }”永远不会匹配，因为它的条件互相排斥。
finding-rule-has-an-unknown-condition = “{ $rule }”永远不会匹配，因为服务器不认识它的某个条件。
finding-rule-is-shadowed = “{ $rule }”永远不会匹配，因为这条规则在它之前且匹配相同的内容：{ $other }。
finding-rule-for-a-room-that-was-left = “{ $rule }”针对的是你不在其中的房间。
finding-room-is-muted-twice = { $room } 被两条规则静音：“{ $other }”和“{ $rule }”。
advice-no-pusher = 在你的设备上用应用登录，并允许其通知。
advice-notifications-are-off = 开启后才能收到通知。
advice-no-process-delivers = 请联系服务器管理员。通知不会丢失。
advice-pusher-is-failing = 服务器会自动重试。如果设备上已没有该应用，请删除此设备；否则需要修复其网关。
advice-pusher-is-retrying = 服务器会自动重试，不会丢失任何内容。
advice-pusher-was-removed = 在设备上打开应用，让它重新注册通知。
advice-pusher-is-disabled = 开启后才能在该设备上收到通知。
advice-pusher-is-not-confirmed = 在设备上打开应用。
advice-pushes-do-not-arrive = 在设备上打开应用。检查设备是否联网，以及系统是否允许该应用接收通知并在后台运行。
advice-handle-is-shared = 如果这不是你想要的，请为此设备设置单独的标识。
advice-device-rules-without-a-pusher = 当有应用以此标识注册时，这些规则会重新生效。
advice-calls-cannot-ring = 更改该规则，或为通话添加一条规则。
advice-calls-in-a-room-cannot-ring = 让此房间的来电响铃，或保持静音。
advice-mentions-in-encrypted-rooms-are-hidden = 把加密消息发送到设备，让它自行查找提及。
advice-rule-has-an-unknown-condition = 修正或删除此规则。
advice-rule-contradicts-itself = 修正或删除此规则。
advice-rule-is-shadowed = 删除其中一条，或调整顺序。
advice-rule-for-a-room-that-was-left = 如果你不打算再加入，请删除此规则。
advice-room-is-muted-twice = 要重新收到此房间的通知，两条都须删除。现在先删除其中一条。
remedy-delete-rule = 删除“{ $rule }”
remedy-enable-rule = 开启“{ $rule }”
remedy-disable-rule = 关闭“{ $rule }”
remedy-let-calls-ring = 让来电在 { $device } 上响铃
remedy-send-encrypted-messages = 把所有加密消息发送到 { $device }
remedy-enable-pusher = 开启 { $device }
remedy-delete-pusher = 删除 { $device }
remedy-send-a-test = 向 { $device } 发送测试
remedy-own-handle-with-the-rules = 为 { $device } 设置单独的标识，并复制规则
remedy-own-handle-without-rules = 为 { $device } 设置单独的标识，不带规则

## Devices
devices-title = 设备
devices-about = 此服务器为你通知的应用、它们的状况以及存在的问题。
devices-none = 你还没有接收通知的设备
devices-none-about = 首页说明了如何添加。
devices-removed = 最近 30 天内移除
devices-device = 设备
devices-when = 移除时间
devices-why = 原因
device-arrived-unknown = 未知：应用不会取回通知所指的内容
device-error = 上次错误
device-held = 暂缓至
device-waiting = 队列
device-gateway = 网关
device-gateway-none = 无
device-handle = 标识
device-handle-none = 无
device-app = App id
device-settings = 设置
device-enabled = 在此设备上通知
device-badges = 发送应用图标上的数字
device-hold = 你正在使用其他设备时，等待
device-hold-hint = 这段时间内你在那里读过的内容不会发送到此设备。
device-hold-none = 不等待
removed-deleted = 由你或你的应用删除
removed-rejected = 网关报告该设备已不存在
removed-device-removed = 设备已退出登录
removed-taken-over = 另一位用户在该设备上登录
removed-account-closed = 账号已注销
removed-unsubscribed = 订阅已终止
removed-address-removed = 地址已移除
removed-not-confirmed = 应用未确认

## Try a rule
try-title = 试用规则
try-about = 在你保存规则之前，不会发送或存储任何内容。
try-event = 事件
try-room-hint = 你已加入的房间，用于取得其成员和你在其中的名字。可以留空。
try-event-json = JSON 格式的事件
try-bad-event = 事件不是有效的 JSON：{ $error }
try-rule = 规则
try-subject = 适用于
try-subject-word = 包含某个词语的消息
try-subject-room = 某个房间的所有内容
try-subject-sender = 某个联系人的所有内容
try-subject-conditions = 自定义条件
try-value-word = 词语；* 和 ? 代表任意字符
try-value-room = 房间 ID
try-value-sender = 用户 ID
try-value-conditions = JSON 列表形式的条件
try-effect = 效果
try-effect-ring = 响铃
try-effect-highlight = 响铃并高亮
try-effect-quiet = 通知但无声
try-effect-mute = 不通知
try-scope = 生效设备
try-all-devices = 所有设备
try-do = 试一下
try-result = 会发生什么
try-counts = 此事件会通知你。
try-counts-not = 此事件不会通知你。
try-no-devices = 你还没有设备，因此不会有任何设备响铃。
try-rings = 响铃
try-silent = 无声通知
try-nothing = 无
try-handle = 标识 { $handle }
try-save-account = 为此账号保存
try-save-device = 为此设备保存
try-saved = 已保存

preview-title = { $count ->
   *[other] 此规则下你最近的 { $count } 个事件
}
preview-account = 未读数
preview-none = 没有变化
preview-rings = { $count ->
   *[other] 多 { $count } 个会响铃
}
preview-silent = { $count ->
   *[other] { $count } 个变为静默
}
preview-differs = { $count ->
   *[other] { $count } 个声音不同
}
preview-cut = 这些规则过于复杂，无法对全部事件进行判断。
change-rings = 会响铃
change-silent = 变为静默
change-differs = 声音不同

## A path without a screen
missing-title = 没有这个页面
missing-about = 控制台在此地址没有页面。

## Administration
admin-title = 管理
admin-about = 所有用户的网关和设备。这里不显示消息和设备地址。
admin-alarms = 警报
admin-no-alarms = 没有警报
admin-alarm = 在过去 { $window }内，经 { $gateway } 的推送有 { $share } 送达；通常为 { $usual }。
admin-window-hour = 1 小时
admin-window-day = 1 天
admin-trouble = { $app }：{ $reason }，始于 { $since }
admin-gateways = 网关
admin-no-gateways = 还没有设备使用网关。
admin-gateway = 网关
admin-gateway-others = 其他网关
admin-devices = 设备
admin-failing = 失败
admin-queue = 等待中
admin-oldest = 失败始于
admin-hour = 最近 1 小时送达
admin-day = 最近 1 天送达
admin-usual = 通常
admin-share-unknown = 未知
admin-apps = 此服务器网关的应用
admin-no-apps = 此服务器的网关没有应用。
admin-app = 应用
admin-app-state = 状态
admin-app-waiting = 请求
admin-app-requests = { $running } 个进行中，{ $waiting } 个等待中
admin-app-expires = 凭据到期
admin-app-ok = 正常
admin-app-degraded = 部分正常
admin-app-failing = 失败
admin-app-alarmed = 拒绝大多数设备
admin-states = 设备状态
admin-state-count = { $count ->
   *[other] { $count } 台设备
}
admin-users = 用户的设备
admin-user = 用户
admin-find = 查找用户或设备
admin-no-users = 未找到设备。
admin-error = 上次错误
admin-more = 加载更多
resend-do = 重新发送
resend-to = 到 { $name }

## 用户
users-title = 用户
users-about = 此服务器的账号。更改立即生效。
users-find = 用户 ID 或显示名称
users-search = 搜索
users-none = 未找到用户。
users-seen = 上次请求
users-admin = 管理员
users-active = 正常
users-locked = 已锁定
users-suspended = 已暂停
users-lock = 锁定
users-unlock = 解锁
users-suspend = 暂停
users-unsuspend = 结束暂停
users-lock-about = 在您解锁之前，{ $user } 无法使用此账号，也不会向其设备推送任何内容。
users-unlock-about = { $user } 可以重新使用此账号，其设备会重新收到通知。
users-suspend-about = 在您结束暂停之前，{ $user } 可以阅读，但不能发送或更改他人可见的内容。
users-unsuspend-about = { $user } 可以重新发送，并更改他人可见的内容。
