message-from = رسالة من { $sender }
message-from-in = رسالة من { $sender } في { $room }
count-in-room =
    { $count ->
        [zero] لا إشعارات
        [one] إشعار واحد
        [two] إشعاران
        [few] { $count } إشعارات
        [many] { $count } إشعارًا
       *[other] { $count } إشعار
    } في { $room }
count-in-rooms =
    { $count ->
        [zero] لا إشعارات
        [one] إشعار واحد
        [two] إشعاران
        [few] { $count } إشعارات
        [many] { $count } إشعارًا
       *[other] { $count } إشعار
    } في { $rooms ->
        [zero] { $rooms } غرفة
        [one] غرفة واحدة
        [two] غرفتين
        [few] { $rooms } غرف
        [many] { $rooms } غرفة
       *[other] { $rooms } غرفة
    }
new-notifications = إشعارات جديدة

more-events =
    { $count ->
        [zero] لا رسائل أقدم
        [one] رسالة واحدة أقدم
        [two] رسالتان أقدم
        [few] { $count } رسائل أقدم
        [many] { $count } رسالة أقدم
       *[other] { $count } رسالة أقدم
    }
more-rooms =
    { $rooms ->
        [zero] ولا غرف أخرى.
        [one] وفي غرفة أخرى.
        [two] وفي غرفتين أخريين.
        [few] وفي { $rooms } غرف أخرى.
        [many] وفي { $rooms } غرفة أخرى.
       *[other] وفي { $rooms } غرفة أخرى.
    }
wrote = { $sender }:
no-name = (بلا اسم)

about = يرسل { $server } إليك بالبريد ما لم تتم قراءته.
end-below = لإيقاف هذه الرسائل، افتح:
end-link = إيقاف رسائل البريد
devices-link = إعدادات أجهزتك
why-link = لماذا وصلني هذا؟

test-subject = اختبار
test-text = هذا اختبار. تصل الإشعارات إلى صندوق البريد هذا.

confirm-subject = تأكيد عنوان بريدك الإلكتروني
confirm-request = طُلبت إضافة هذا العنوان إلى حساب على { $server }.
confirm-if-you = إذا كان الطلب منك، فافتح هذه الصفحة خلال ساعة وأكّد العنوان فيها:
confirm-if-not = وإلا فلا حاجة إلى فعل أي شيء: لا يُضاف العنوان إلا بعد التأكيد.
