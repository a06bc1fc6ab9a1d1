"""What folding 5,000 characters costs beside folding case alone, the rule before; what a key for titles costs.

Run it: python benchmarks/micro_folding.py
"""

from collections.abc import Callable
from math import inf
from sys import getsizeof
from time import perf_counter
from unicodedata import normalize

from creatorvault.ideas.text.collation import collation_table, title_key
from creatorvault.ideas.text.folding import fold, fold_case

LENGTH = 5000
TEXTS = {
    "English": "Open with the smell of it, then cut to the mistake that started everything. ",
    "English, lines": f"{'Open with the smell of it, then cut to the mistake. ' * 4}\n\n",
    "German": "Die schönste Straßenbahn fährt über Köln nach Süden; Äpfel und Öl. ",
    "Polish": "Zażółć gęślą jaźń i zrób film o mieście Łódź. ",
    "Vietnamese": "Tiếng Việt là ngôn ngữ của người Việt và là ngôn ngữ chính thức. ",
    "Vietnamese, NFD": normalize("NFD", "Tiếng Việt là ngôn ngữ của người Việt và là ngôn ngữ chính thức. "),
    "Russian": "Первая серия о том, как жить в маленькой квартире ещё дешевле. ",
    "Greek": "Η πρώτη ιδέα για ένα νέο βίντεο με τη μουσική του χωριού. ",
    "Japanese": "今日は新しい動画のアイデアを考えます。カメラとマイク、そして光。",
    "Chinese": "今天我们来讨论一个新的想法，关于摄影！还有：音乐。“引号”\n",
    "Korean": "오늘은 새로운 영상 아이디어를 생각합니다. 카메라와 빛. ",
    "Arabic": "هذه فكرة جديدة عن الطبخ في المنزل مع العائلة والأصدقاء. ",
    "Persian, joiners": "می\u200cخواهم یک ایده\u200cی تازه برای ویدیو بنویسم. ",
    "Hindi": "यह घर पर खाना पकाने के बारे में एक नया विचार है। ",
    "Thai": "วันนี้เราจะพูดถึงความคิดใหม่ เกี่ยวกับการถ่ายภาพ ",
    "German, emoji": "🎬 Die schönste Straßenbahn fährt über “Köln” nach Süden; Äpfel und Öl. ❤️ ",
    "emoji alone": "🎬❤️👩\u200d👩\u200d👧🔥🔥",
    "marks": "o\u0345\u0315\u0301\u0323\u031b",
    "marks of one letter": f"Z{'\u0323\u0301\u0315' * 20}",
}
TITLES = (
    *("I tried sourdough at altitude so you need not", "The Sound Of 10 Empty Cinemas", "Die schönste Straßenbahn"),
    *("Tiếng Việt là ngôn ngữ", "Первая серия о том", "新しい動画のアイデア", "वीडियो का नया विचार", "สวัสดีครับวันนี้"),
)


def microseconds(work: Callable[[], object], times: int = 60) -> float:
    """At best, since the machine has more to do."""
    best = inf
    for _ in range(times):
        begun = perf_counter()
        work()
        best = min(best, perf_counter() - begun)
    return best * 1e6


def main() -> None:
    print(f"{'5,000 characters, µs':<24}{'case alone':>12}{'fold':>10}{'ratio':>8}")
    for name, piece in TEXTS.items():
        text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
        before, now = microseconds(lambda text=text: case_alone(text)), microseconds(lambda text=text: fold(text))
        print(f"{name:<24}{before:>12.1f}{now:>10.1f}{now / before:>8.2f}")

    begun = perf_counter()
    table = collation_table()
    print(f"\nreading the collation table: {(perf_counter() - begun) * 1000:.0f} ms")
    library = table.collator
    print(f"{'a title, µs':<50}{'pyuca':>8}{'key':>8}{'bytes':>8}{'bytes':>8}")
    for title in TITLES:
        theirs, ours = (
            microseconds(lambda title=title: library.sort_key(title)),
            microseconds(lambda t=title: title_key(t)),
        )
        sizes = getsizeof(library.sort_key(title)), getsizeof(title_key(title)[0])
        print(f"{title:<50}{theirs:>8.1f}{ours:>8.1f}{sizes[0]:>8}{sizes[1]:>8}")


def case_alone(text: str) -> str:
    return text.lower() if text.isascii() else fold_case(text)


if __name__ == "__main__":
    main()
