"""What the restaurants sell: item names and first prices in cents, by category, most popular first."""

from itertools import product

SIGNATURE_ITEM = "Bacon Egg & Cheese*"  # costs 5.99 at all times: it shows that prices are line totals

Entries = list[tuple[str, int]]


def _crossed(bases: dict[str, int], styles: dict[str, int]) -> Entries:
    """Every base in every style; a style is a pattern with `{}` and adds its cents to the base's."""
    return [
        (style.format(base), cents + extra) for (style, extra), (base, cents) in product(styles.items(), bases.items())
    ]


def _listed(text: str) -> Entries:
    """Entries written as `name=cents; name=cents`."""
    pairs = (entry.rsplit("=", 1) for entry in text.replace("\n", " ").split(";"))
    return [(name.strip(), int(cents)) for name, cents in pairs]


_BREAKFAST_FILLINGS = {
    "Sausage Egg & Cheese": 619,
    "Ham, Egg & Cheese": 619,
    "Turkey Bacon Egg & Cheese": 649,
    "Egg & Cheese": 479,
    "Chorizo, Egg & Pepper Jack": 699,
    "Steak Egg & Cheese": 799,
    "Veggie Egg White": 629,
    "Western Omelet": 749,
    "Avocado Egg & Swiss": 729,
}
_BREAKFAST_STYLES = {
    "{}": 0,
    "{} Bagel": 60,
    "{} Croissant": 80,
    "{} Burrito": 140,
    "{} on English Muffin": 0,
    "{} Wrap": 90,
}
_SANDWICH_FILLINGS = {
    "Turkey Club": 949,
    "Italian Combo": 969,
    "Chicken Caesar": 929,
    "Buffalo Chicken": 949,
    "Ham & Swiss": 869,
    "Tuna Salad": 859,
    "Roast Beef & Cheddar": 999,
    "BLT": 799,
    "Caprese": 839,
    "Chicken Salad": 879,
    "Turkey, Apple & Brie": 989,
    "Grilled Veggie Hummus": 829,
    "Cajun Shrimp": 1049,
}
_SANDWICH_STYLES = {
    "{} Sandwich": -70,
    "{} on Ciabatta": 0,
    "{} Half": -350,
    "{} on Multigrain": -30,
    "{} Toasted": -40,
}

CATEGORY_MENUS: dict[str, Entries] = {
    "Breakfast": [
        (SIGNATURE_ITEM, 599),
        *_crossed(_BREAKFAST_FILLINGS, _BREAKFAST_STYLES),
        *_listed(
            "Two Eggs Any Style=599; Buttermilk Pancakes=799; Blueberry Pancakes=849; French Toast=829;"
            "Home Fries=329; Steel Cut Oatmeal=429; Breakfast Platter=1049; Hash Brown=229; Huevos Rancheros=949"
        ),
    ],
    "Sandwiches": [
        *_crossed(_SANDWICH_FILLINGS, _SANDWICH_STYLES),
        *_listed(
            "Grilled Cheese=649; Cuban=979; Reuben=1029; Meatball Parm=949; Chicken Parm=979; French Dip=1049;"
            'Philly Cheesesteak=1029; Pulled Pork=949; Fried Fish=969; Egg Salad=749; PB&J=499; 12" Party Hero=2499'
        ),
    ],
    "Smoothies": _crossed(
        {
            "Strawberry Banana": 649,
            "Mango Tango": 649,
            "Green Machine": 699,
            "Peanut Butter Power": 729,
            "Berry Blast": 659,
            "Tropical Sunrise": 669,
            "Cold Brew Mocha": 699,
            "Peach Ginger": 669,
            "Acai Energy": 749,
            "Pineapple Kale": 699,
        },
        {"{} Smoothie": -30, "{} Smoothie, Large": 100, "Kids {} Smoothie": -200},
    ),
    "Bowls": _crossed(
        {
            "Chicken Teriyaki": 1099,
            "Burrito": 1049,
            "Mediterranean": 1079,
            "Korean BBQ Beef": 1199,
            "Southwest": 1049,
            "Poke": 1299,
            "Harvest Grain": 999,
            "Acai": 949,
            "Falafel": 1029,
        },
        {"{} Bowl": -50, "{} Bowl with Brown Rice": 0, "{} Power Bowl": 100},
    ),
    "Salads": _crossed(
        {
            "Chicken Caesar": 999,
            "Cobb": 1099,
            "Greek": 949,
            "Garden": 799,
            "Kale & Quinoa": 999,
            "Asian Chicken": 1049,
            "Southwest": 1029,
            "Apple Walnut": 999,
            "Spinach, Egg & Bacon": 1029,
        },
        {"{} Salad": -50, "{} Side Salad": -450, "{} Salad with Salmon": 400},
    ),
    "Coffee": _listed(
        "Hot Coffee=219; Dark Roast=229; Decaf=219; French Vanilla Coffee=249; Hazelnut Coffee=249; "
        "Coffee Traveler=1999"
    ),
    "Bakery": _listed(
        "Butter Croissant=299; Chocolate Croissant=349; Cinnamon Roll=379; Apple Turnover=329; "
        "Scone, Blueberry=319; "
        "Lemon Loaf Slice=329; Banana Bread=329"
    ),
    "Iced Coffee": _listed(
        "Iced Coffee=299; Cold Brew=379; Nitro Cold Brew=429; Iced Mocha=449; Vanilla Cream Cold Brew=449"
    ),
    "Bagels": _listed(
        "Bagel with Cream Cheese=349; Everything Bagel=229; Plain Bagel=199; Sesame Bagel=199;"
        "Cinnamon Raisin Bagel=229; Lox & Cream Cheese Bagel=899"
    ),
    "Wraps": _listed(
        "Thai Chicken Wrap=979; Falafel Wrap=899; Chicken Bacon Ranch Wrap=999; Turkey Avocado Wrap=979;"
        "Greek Veggie Wrap=879; Steak Fajita Wrap=1049"
    ),
    "Pizza": _listed(
        "Cheese Slice=349; Pepperoni Slice=399; Margherita Pizza=1299; Pepperoni Pizza=1499; "
        "Veggie Pizza=1499; "
        "Meat Lovers Pizza=1699; White Pizza=1449"
    ),
    "Cold Drinks": _listed(
        "Bottled Water=199; Fountain Drink=229; Sparkling Water=229; Lemonade=299; Iced Tea=249; "
        "Root Beer=249; "
        "Energy Drink=349"
    ),
    "Soups": _listed(
        "Soup, Cup=449; Soup, Bowl=599; Tomato Basil Soup=549; Chicken Noodle Soup=599; Beef Chili=649;"
        "Broccoli Cheddar Soup=599"
    ),
    "Espresso Drinks": _listed("Latte=429; Cappuccino=419; Americano=329; Mocha=469; Macchiato=399; Chai Latte=449"),
    "Burgers": _listed(
        "Classic Burger=999; Bacon Cheeseburger=1149; Mushroom Swiss Burger=1129; "
        "Veggie Burger=1049; Turkey Burger=1049"
    ),
    "Paninis": _listed(
        "Chicken Pesto Panini=999; Tomato Mozzarella Panini=929; Turkey Bacon Panini=1029; Roast Beef Panini=1079"
    ),
    "Subs": _listed(
        "Italian Sub=949; Turkey Sub=929; Steak & Cheese Sub=1049; Meatball Sub=979; Veggie Sub=849; "
        "Chicken Cutlet Sub=999"
    ),
    "Burritos": _listed("Chicken Burrito=999; Steak Burrito=1099; Bean & Cheese Burrito=849; Carnitas Burrito=1049"),
    "Quesadillas": _listed(
        "Cheese Quesadilla=799; Chicken Quesadilla=949; Steak Quesadilla=1049; Veggie Quesadilla=879"
    ),
    "Tacos": _listed("Chicken Tacos=899; Beef Tacos=899; Fish Tacos=1049; Street Corn Tacos=849"),
    "Chicken": _listed(
        "Chicken Tenders=849; Wings, 6 pc=899; Wings, 12 pc=1599; Rotisserie Half Chicken=1099; Popcorn Chicken=699"
    ),
    "Sides": _listed("Mac & Cheese=499; Coleslaw=299; Potato Salad=329; Side of Fruit=399; Mashed Potatoes=349"),
    "Fries": _listed("French Fries=329; Sweet Potato Fries=399; Cheese Fries=449; Onion Rings=429"),
    "Snacks": _listed("Kettle Chips=199; Trail Mix=349; Protein Bar=299; Pretzel Bites=449; Hummus Cup=399"),
    "Muffins": _listed("Blueberry Muffin=299; Corn Muffin=279; Bran Muffin=279; Chocolate Chip Muffin=299"),
    "Cookies": _listed("Chocolate Chip Cookie=219; Oatmeal Raisin Cookie=219; Sugar Cookie=199; Brownie=299"),
    "Doughnuts": _listed(
        "Glazed Doughnut=169; Boston Cream Doughnut=199; Half Dozen Doughnuts=899; Cider Doughnut=189"
    ),
    "Fruit & Yogurt": _listed("Yogurt Parfait=499; Fruit Cup=449; Overnight Oats=549; Cottage Cheese & Peaches=479"),
    "Juice": _listed("Orange Juice=349; Apple Juice=299; Green Juice=699; Carrot Ginger Juice=699"),
    "Tea": _listed("Hot Tea=229; Matcha Latte=479; Iced Green Tea=269; Peach Iced Tea=279"),
    "Milkshakes": _listed("Vanilla Shake=549; Chocolate Shake=549; Strawberry Shake=549; Oreo Shake=599"),
    "Flatbreads": _listed(
        "Margherita Flatbread=899; BBQ Chicken Flatbread=999; Fig & Prosciutto Flatbread=1099; "
        "Wild Mushroom Flatbread=999"
    ),
    "Kids Menu": _listed("Kids Grilled Cheese=549; Kids Chicken Tenders=599; Kids Pasta=549; Kids Pancakes=529"),
    "Pasta": _listed(
        "Penne alla Vodka=1199; Spaghetti & Meatballs=1249; Baked Ziti=1149; "
        "Fettuccine Alfredo=1199; Pesto Cavatappi=1149"
    ),
    "Hot Dogs": _listed("All Beef Hot Dog=499; Chili Dog=599; Corn Dog=449; Slaw Dog=579"),
    "Desserts": _listed("Cheesecake=549; Carrot Cake=549; Rice Pudding=399; Cannoli=399"),
    "Seasonal Specials": _listed(
        "Pumpkin Spice Latte=529; Lobster Roll=1999; Hot Apple Cider=329; Corned Beef Hash=999"
    ),
    "Box Lunches": _listed("Deli Box Lunch=1299; Wrap Box Lunch=1349; Salad Box Lunch=1399; Vegan Box Lunch=1349"),
    "Catering": _listed(
        "Breakfast Sandwich Tray=7499; Fruit Platter=4999; Cookie Tray=2999; "
        "Assorted Wrap Tray=8999; Salad for Ten=4499; "
        "Bagel Dozen with Spreads=2499; Hot Pasta Tray=8499"
    ),
}

# Sold only in planted quirks, so that their count is exact. (name, category, cents)
HIDDEN_ITEMS: list[tuple[str, str, int]] = [
    ("Build Your Own Omelet\n(3 eggs, choice of 4 fillings)", "Breakfast", 899),
    ("Holiday Cookie Box\nserves 8, order a day ahead", "Catering", 3499),
    ("Boxed Lunch (per guest)", "Box Lunches", 1000),
    ("Test Item", "Snacks", 1),
    ("TEST - do not make", "Snacks", 100),
]
