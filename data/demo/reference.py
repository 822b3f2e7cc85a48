"""What the demo bank is made of: branches, products, merchants, names. Tables, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

REGIONS = ("NORTH", "EAST", "SOUTH", "WEST")

BRANCHES: tuple[tuple[str, str, str, float, float], ...] = (
    ("Head office", "NORTH", "0.00", 53.55, 9.99),
    ("Harbour", "NORTH", "1.30", 53.54, 9.97),
    ("Old Town", "NORTH", "1.10", 53.56, 10.01),
    ("Lakeside", "NORTH", "0.80", 53.60, 10.05),
    ("Station Square", "EAST", "1.30", 52.52, 13.40),
    ("Mill Bridge", "EAST", "0.90", 52.48, 13.45),
    ("Riverbank", "EAST", "0.80", 52.55, 13.35),
    ("Cathedral", "SOUTH", "1.40", 48.14, 11.58),
    ("Garden City", "SOUTH", "1.00", 48.10, 11.52),
    ("Alpine Gate", "SOUTH", "0.70", 47.90, 11.70),
    ("Market Street", "WEST", "1.20", 50.94, 6.96),
    ("University", "WEST", "0.90", 50.92, 6.93),
    ("West End", "WEST", "0.70", 50.95, 6.88),
)
"""(name, region, size weight, latitude, longitude); row 0 is the head office, id B00."""

HEAD_OFFICE = 0


@dataclass(frozen=True)
class Product:
    """One product and the ledger code that its balances stand on."""

    product_id: str
    name: str
    family: str
    fire_type: str
    ftp_method: str
    behavioural_life_months: int
    ledger_code: str


PRODUCTS = (
    Product("CUR-EUR", "Everyday account", "current", "current", "behavioural", 60, "2100"),
    Product("CUR-SME", "Business account", "current", "current", "behavioural", 48, "2110"),
    Product("CUR-USD", "Dollar account", "current", "current", "behavioural", 24, "2120"),
    Product("SAV-EUR", "Savings account", "savings", "savings", "behavioural", 72, "2200"),
    Product("TRM-EUR", "Term deposit", "term", "time_deposit", "matched_maturity", 12, "2300"),
    Product("CRD-EUR", "Credit card", "card", "credit_card", "behavioural", 12, "1240"),
    Product("LON-PER", "Personal loan", "personal_loan", "personal", "matched_maturity", 48, "1220"),
    Product("LON-MTG", "Mortgage", "mortgage", "mortgage", "matched_maturity", 240, "1210"),
    Product("LON-SME", "Business loan", "sme_loan", "commercial", "matched_maturity", 60, "1230"),
)

CURRENT, CURRENT_SME, CURRENT_USD, SAVINGS, TERM, CARD, PERSONAL, MORTGAGE, SME_LOAN = range(len(PRODUCTS))

CURRENCIES = ("EUR", "USD")
EUR, USD = 0, 1


@dataclass(frozen=True)
class MerchantCategory:
    """How people spend in one merchant category. Amounts in EUR."""

    code: str
    median: float
    sigma: float
    weight: float
    online: float
    day_profile: str
    weekend: float
    summer: float
    december: float
    merchants: float


CATEGORIES = (
    MerchantCategory("5411", 31.0, 0.65, 30.0, 0.03, "day", 1.15, 0.98, 1.20, 0.16),
    MerchantCategory("5812", 22.0, 0.55, 13.0, 0.04, "evening", 1.45, 1.10, 1.15, 0.16),
    MerchantCategory("5814", 9.0, 0.45, 9.0, 0.05, "lunch", 0.90, 1.00, 1.00, 0.10),
    MerchantCategory("5541", 48.0, 0.35, 9.0, 0.00, "day", 1.00, 1.15, 1.00, 0.06),
    MerchantCategory("4111", 12.0, 0.60, 7.0, 0.45, "commute", 0.60, 0.90, 0.95, 0.03),
    MerchantCategory("5912", 16.0, 0.55, 5.0, 0.05, "day", 0.80, 0.95, 1.15, 0.07),
    MerchantCategory("5651", 47.0, 0.65, 5.0, 0.35, "day", 1.40, 0.95, 1.45, 0.09),
    MerchantCategory("5999", 33.0, 0.80, 8.0, 0.95, "night_owl", 1.05, 0.95, 1.50, 0.09),
    MerchantCategory("5815", 11.0, 0.40, 5.0, 1.00, "night_owl", 1.10, 1.00, 1.10, 0.03),
    MerchantCategory("5732", 120.0, 0.80, 2.0, 0.45, "day", 1.20, 0.90, 1.80, 0.05),
    MerchantCategory("5200", 58.0, 0.80, 3.0, 0.20, "day", 1.40, 1.10, 0.90, 0.05),
    MerchantCategory("7832", 19.0, 0.45, 2.5, 0.20, "evening", 1.70, 0.85, 1.20, 0.03),
    MerchantCategory("4722", 260.0, 0.80, 0.9, 0.75, "night_owl", 1.00, 1.80, 0.90, 0.03),
    MerchantCategory("5944", 150.0, 0.85, 0.4, 0.25, "day", 1.20, 0.95, 2.20, 0.03),
    MerchantCategory("7995", 28.0, 0.80, 0.4, 0.80, "night_owl", 1.20, 1.00, 1.00, 0.02),
)

DAY_PROFILES: dict[str, tuple[int, ...]] = {
    "day": (0, 0, 0, 0, 0, 0, 1, 3, 6, 9, 11, 11, 10, 9, 9, 10, 12, 14, 12, 8, 4, 2, 0, 0),
    "lunch": (0, 0, 0, 0, 0, 1, 4, 7, 5, 4, 5, 12, 18, 12, 5, 4, 4, 5, 6, 5, 3, 2, 1, 0),
    "evening": (0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 5, 9, 8, 3, 3, 4, 7, 12, 16, 14, 9, 4, 0),
    "commute": (0, 0, 0, 0, 0, 2, 9, 15, 12, 5, 3, 3, 4, 4, 4, 5, 9, 13, 9, 4, 3, 2, 2, 0),
    "night_owl": (2, 1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 5, 6, 7, 8, 10, 12, 11, 5, 0),
    "office": (0, 0, 0, 0, 0, 0, 1, 4, 12, 16, 14, 12, 8, 9, 12, 11, 7, 3, 1, 0, 0, 0, 0, 0),
    "any": (1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 7, 7, 7, 8, 8, 8, 7, 7, 6, 4, 0),
    "night": (10, 12, 12, 10, 7, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 0),
}
"""Weight of each hour. Nothing of the day starts after 23:00: the evening batch has that hour."""

BANK_CODES = tuple(f"BANK{letter}DEFF" for letter in "ABCDEFGH")
OWN_BANK_CODE = "DEMODEFF"

# fmt: off
FEMALE_NAMES = (
    "Anna", "Clara", "Elena", "Emma", "Frieda", "Greta", "Hanna", "Ida", "Johanna", "Katrin", "Lena",
    "Lina", "Maria", "Marta", "Mila", "Nora", "Paula", "Petra", "Rosa", "Sara", "Sofia", "Svenja",
    "Theresa", "Vera",
)
MALE_NAMES = (
    "Adam", "Anton", "Ben", "Bruno", "David", "Emil", "Erik", "Felix", "Finn", "Georg", "Henri", "Jakob",
    "Jonas", "Karl", "Leo", "Lukas", "Martin", "Max", "Noah", "Oskar", "Paul", "Peter", "Simon", "Tim",
)
LAST_NAMES = (
    "Albrecht", "Bauer", "Becker", "Berger", "Brandt", "Busch", "Dietrich", "Engel", "Fischer", "Frank",
    "Fuchs", "Graf", "Haas", "Hartmann", "Hoffmann", "Huber", "Jung", "Kaiser", "Keller", "Klein",
    "Koch", "König", "Krämer", "Krause", "Lang", "Lehmann", "Ludwig", "Maier", "Müller", "Neumann",
    "Otto", "Peters", "Pohl", "Richter", "Roth", "Schäfer", "Schmidt", "Schröder", "Schulz", "Schwarz",
    "Seidel", "Sommer", "Stein", "Thomas", "Vogel", "Vogt", "Wagner", "Weber", "Winkler", "Wolf",
    "Ziegler", "Zimmermann",
)
# fmt: on
TRADES = (
    ("4711", "Food market"),
    ("5610", "Restaurant"),
    ("4321", "Electrical works"),
    ("6201", "Software house"),
    ("4520", "Car repair"),
    ("8621", "Medical practice"),
    ("9602", "Hair salon"),
    ("2511", "Metalworks"),
)
"""(NACE class, what such a business calls itself)."""
