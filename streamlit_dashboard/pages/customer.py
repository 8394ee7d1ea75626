"""What has this customer ordered, day by day?"""

TITLE = "Customer"
ICON = ":material/person:"
SECTION = "Customers"
ORDER = 90
LISTED = False
ROLE = "customers"
