"""Ways to spoil a good e-invoice, each with a name and with who must notice. They work on the element tree of one document."""

import base64
import collections
import copy
import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction

import exact
import ubl

for prefix, uri in (("", ubl.INVOICE), ("cac", ubl.CAC), ("cbc", ubl.CBC)):
    ET.register_namespace(prefix, uri)
# Who must notice: BLIND the recomputation, because the official rules let it pass; CONTEXT the same, but only with the workspace at hand; ANY one of the two.
BLIND, CONTEXT, ANY = "blind", "context", "any"
SPOILS = []


def spoil(name, who):
    def add(function):
        SPOILS.append((name, who, function))
        return function
    return add


class Skip(Exception):
    """This document has nothing to spoil in this way."""


class Xml:
    """A document under the knife."""

    def __init__(self, data):
        self.root = ET.fromstring(data)
        self.currency = self.one("b:DocumentCurrencyCode").text
        self.cancellation = self.one("b:InvoiceTypeCode").text == "384"

    def all(self, path):
        return self.root.findall(path, ubl.NAMESPACES)

    def one(self, path, at=0):
        found = self.all(path)
        if len(found) <= at:
            raise Skip
        return found[at]

    def put(self, path, value, at=0):
        self.one(path, at).text = value

    def remove(self, path):
        node = self.one(path)
        next(x for x in self.root.iter() if node in list(x)).remove(node)

    def need(self, condition):
        if not condition:
            raise Skip

    def add(self, path, delta, at=0):
        node = self.one(path, at)
        node.text = str(Decimal(node.text) + Decimal(delta))

    def unit(self):
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-exact.decimals_of(self.currency))

    def settle(self):
        """Makes all sums fit the lines and allowances again, as a careless program would."""
        base = collections.OrderedDict()

        def key(node, path):
            return tuple(x if x is None else x.text for x in (ubl.find(node, path + "/b:ID"), ubl.find(node, path + "/b:Percent")))

        for x in self.all("a:InvoiceLine"):
            k = key(x, "a:Item/a:ClassifiedTaxCategory")
            base[k] = base.get(k, 0) + Decimal(ubl.text(x, "b:LineExtensionAmount"))
        lines, allowances = sum(base.values()), Decimal(0)
        for x in self.all("a:AllowanceCharge"):
            k = key(x, "a:TaxCategory")
            base[k] = base.get(k, 0) - Decimal(ubl.text(x, "b:Amount"))
            allowances += Decimal(ubl.text(x, "b:Amount"))
        tax, total = Decimal(0), self.one("a:TaxTotal")
        for x in self.all("a:TaxTotal/a:TaxSubtotal"):
            k = key(x, "a:TaxCategory")
            k = k if k in base else (k[0], None)
            if k not in base:
                total.remove(x)
                continue
            amount = exact.major(exact.vat(exact.minor(base[k], self.currency), Fraction(Decimal(k[1] or 0))), self.currency)
            ubl.find(x, "b:TaxableAmount").text, ubl.find(x, "b:TaxAmount").text = str(base[k]), str(amount)
            tax += amount
        self.put("a:TaxTotal/b:TaxAmount", str(tax))
        for tag, value in (("LineExtension", lines), ("TaxExclusive", lines - allowances), ("TaxInclusive", lines - allowances + tax), ("Payable", lines - allowances + tax)):
            self.put(f"a:LegalMonetaryTotal/b:{tag}Amount", str(value))
        if self.all("a:LegalMonetaryTotal/b:AllowanceTotalAmount"):
            self.put("a:LegalMonetaryTotal/b:AllowanceTotalAmount", str(allowances))

    def vat_moved(self, delta):
        self.need(self.all("a:TaxTotal/a:TaxSubtotal"))
        self.need(Decimal(self.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:Percent").text) > 0 and self.unit() < 1)
        for path in ("a:TaxTotal/a:TaxSubtotal/b:TaxAmount", "a:TaxTotal/b:TaxAmount", "a:LegalMonetaryTotal/b:TaxInclusiveAmount", "a:LegalMonetaryTotal/b:PayableAmount"):
            self.add(path, delta)

    def bytes(self):
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(self.root, encoding="utf-8")


def changed_digit(text, at):
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1:]


# ---- what the official rules let pass ----

@spoil("VAT off by 0.99", BLIND)
def _(x):
    x.vat_moved("0.99")


@spoil("VAT off by 0.01", BLIND)
def _(x):
    x.vat_moved("-0.01")


@spoil("VAT base off by 0.50", BLIND)
def _(x):
    x.need(x.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:ID").text == "S" and x.unit() < 1)
    x.add("a:TaxTotal/a:TaxSubtotal/b:TaxableAmount", "0.50")


@spoil("line amount off by 0.02, sums to match", BLIND)
def _(x):
    x.need(x.unit() < 1)
    x.add("a:InvoiceLine/b:LineExtensionAmount", "0.02")
    x.settle()


@spoil("line amount off by 100, sums to match", BLIND)
def _(x):
    x.add("a:InvoiceLine/b:LineExtensionAmount", "100")
    x.settle()


@spoil("line id twice", BLIND)
def _(x):
    x.put("a:InvoiceLine/b:ID", x.one("a:InvoiceLine/b:ID").text, at=1)


@spoil("due before issued", BLIND)
def _(x):
    x.put("b:DueDate", "2026-01-01")


@spoil("issued in 2099", BLIND)
def _(x):
    x.put("b:IssueDate", "2099-01-01")
    x.put("b:DueDate", "2099-01-15")


@spoil("seller's VAT id DE1", BLIND)
def _(x):
    x.need(x.one("a:AccountingSupplierParty/a:Party/a:PartyTaxScheme/b:CompanyID").text.startswith("DE"))
    x.put("a:AccountingSupplierParty/a:Party/a:PartyTaxScheme/b:CompanyID", "DE1")


@spoil("seller's VAT id with a wrong digit", BLIND)
def _(x):
    node = x.one("a:AccountingSupplierParty/a:Party/a:PartyTaxScheme/b:CompanyID")
    x.need(node.text.startswith("DE"))
    node.text = changed_digit(node.text, 6)


@spoil("Leitweg-ID with wrong check digits", BLIND)
def _(x):
    node = x.one("b:BuyerReference")
    x.need(exact.leitweg_ok(node.text or ""))
    node.text = node.text[:-2] + f"{(int(node.text[-2:]) + 1) % 100:02d}"


@spoil("Leitweg-ID with another digit", BLIND)
def _(x):
    node = x.one("b:BuyerReference")
    x.need(exact.leitweg_ok(node.text or "") and node.text[-4].isdigit())
    node.text = changed_digit(node.text, len(node.text) - 4)


@spoil("electronic address with wrong check digits", BLIND)
def _(x):
    node = x.one("a:AccountingCustomerParty/a:Party/b:EndpointID")
    x.need(node.get("schemeID") == "0204")
    node.text = node.text[:-2] + f"{(int(node.text[-2:]) + 7) % 100:02d}"


@spoil("IBAN with a wrong digit", BLIND)
def _(x):
    node = x.one("a:PaymentMeans/a:PayeeFinancialAccount/b:ID")
    node.text = changed_digit(node.text, len(node.text) - 2)


@spoil("IBAN of somebody else", CONTEXT)
def _(x):
    x.put("a:PaymentMeans/a:PayeeFinancialAccount/b:ID", exact.make_iban("DE", "500105175407324931"))


@spoil("one price in another currency", BLIND)
def _(x):
    x.one("a:InvoiceLine/a:Price/b:PriceAmount").set("currencyID", "USD" if x.currency != "USD" else "EUR")


@spoil("a VAT rate of 42 per cent", BLIND)
def _(x):
    old = x.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:Percent").text
    x.need(Decimal(old) > 0)
    for path in ("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:Percent", "a:InvoiceLine/a:Item/a:ClassifiedTaxCategory/b:Percent", "a:AllowanceCharge/a:TaxCategory/b:Percent"):
        for node in x.all(path):
            node.text = "42" if node.text == old else node.text
    x.settle()


@spoil("seller without street", BLIND)
def _(x):
    x.remove("a:AccountingSupplierParty/a:Party/a:PostalAddress/b:StreetName")


@spoil("buyer without street", BLIND)
def _(x):
    x.remove("a:AccountingCustomerParty/a:Party/a:PostalAddress/b:StreetName")


@spoil("no period of supply", BLIND)
def _(x):
    x.remove("a:InvoicePeriod")


@spoil("item name of a no-break space", BLIND)
def _(x):
    x.put("a:InvoiceLine/a:Item/b:Name", "\u00a0")


@spoil("a mixture of 19 and 19.00", BLIND)
def _(x):
    node = x.one("a:InvoiceLine/a:Item/a:ClassifiedTaxCategory/b:Percent")
    x.need("." not in node.text)
    node.text += ".00"


@spoil("price with one unit of the fourth decimal more", BLIND)
def _(x):
    for i, q in enumerate(x.all("a:InvoiceLine/b:InvoicedQuantity")):
        if abs(Decimal(q.text)) >= (200 if q.get("unitCode") == "HUR" else 12000) and x.unit() < 1:
            x.add("a:InvoiceLine/a:Price/b:PriceAmount", "0.0001", at=i)
            return
    raise Skip


# ---- what only the workspace can tell ----

@spoil("quantity changed, all sums to match", CONTEXT)
def _(x):
    line = x.one("a:InvoiceLine")
    q, price, net = (ubl.find(line, p) for p in ("b:InvoicedQuantity", "a:Price/b:PriceAmount", "b:LineExtensionAmount"))
    x.need(q.get("unitCode") != "LS")
    q.text = str(Decimal(q.text) * 2 + (-1 if x.cancellation else 1))
    net.text = str(exact.major(exact.line_net(q.get("unitCode"), Decimal(q.text), Decimal(price.text), x.currency), x.currency))
    x.settle()


@spoil("price changed, all sums to match", CONTEXT)
def _(x):
    line = x.one("a:InvoiceLine")
    q, price, net = (ubl.find(line, p) for p in ("b:InvoicedQuantity", "a:Price/b:PriceAmount", "b:LineExtensionAmount"))
    price.text = str(Decimal(price.text) + Decimal("0.5"))
    net.text = str(exact.major(exact.line_net(q.get("unitCode"), Decimal(q.text), Decimal(price.text), x.currency), x.currency))
    x.settle()


@spoil("a line dropped, all sums to match", CONTEXT)
def _(x):
    lines = x.all("a:InvoiceLine")
    x.need(len(lines) > 1 and not x.all("a:AllowanceCharge"))
    x.root.remove(lines[-1])
    x.settle()


@spoil("a line copied, all sums to match", CONTEXT)
def _(x):
    lines = x.all("a:InvoiceLine")
    extra = copy.deepcopy(lines[-1])
    ubl.find(extra, "b:ID").text = str(len(lines) + 1)
    x.root.append(extra)
    x.settle()


@spoil("names of two lines swapped", CONTEXT)
def _(x):
    a, b = x.one("a:InvoiceLine/a:Item/b:Name"), x.one("a:InvoiceLine/a:Item/b:Name", 1)
    x.need(a.text != b.text)
    a.text, b.text = b.text, a.text


@spoil("another buyer's name", CONTEXT)
def _(x):
    x.one("a:AccountingCustomerParty/a:Party/a:PartyLegalEntity/b:RegistrationName").text += " Holding"


@spoil("another seller's street", CONTEXT)
def _(x):
    x.one("a:AccountingSupplierParty/a:Party/a:PostalAddress/b:StreetName").text += "a"


@spoil("order reference dropped", CONTEXT)
def _(x):
    x.remove("a:OrderReference")


@spoil("contract reference changed", CONTEXT)
def _(x):
    x.one("a:ContractDocumentReference/b:ID").text += "0"


@spoil("buyer reference of somebody else", CONTEXT)
def _(x):
    x.put("b:BuyerReference", "K-99999")


@spoil("note dropped", CONTEXT)
def _(x):
    x.need(not x.cancellation)
    x.remove("b:Note")


@spoil("period of another month", CONTEXT)
def _(x):
    for path, value in (("a:InvoicePeriod/b:StartDate", "2026-01-01"), ("a:InvoicePeriod/b:EndDate", "2026-12-31")):
        x.put(path, value)


@spoil("due a day later", CONTEXT)
def _(x):
    x.need(x.one("b:DueDate").text[-2:] < "28")
    node = x.one("b:DueDate")
    node.text = node.text[:-2] + f"{int(node.text[-2:]) + 1:02d}"


@spoil("issued a day earlier", CONTEXT)
def _(x):
    node = x.one("b:IssueDate")
    x.need(node.text[-2:] > "01")
    node.text = node.text[:-2] + f"{int(node.text[-2:]) - 1:02d}"


@spoil("another number", CONTEXT)
def _(x):
    x.one("b:ID").text += "1"


@spoil("cash discount of another rate", CONTEXT)
def _(x):
    node = x.one("a:PaymentTerms/b:Note")
    x.need("#PROZENT=" in node.text)
    node.text = re.sub(r"#PROZENT=[\d.]+#", "#PROZENT=9.00#", node.text)


@spoil("cash discount dropped", CONTEXT)
def _(x):
    node = x.one("a:PaymentTerms/b:Note")
    x.need("#SKONTO#" in node.text)
    node.text = "Zahlbar netto"


@spoil("all amounts in another currency", CONTEXT)
def _(x):
    other = "CHF" if x.currency != "CHF" else "USD"
    x.put("b:DocumentCurrencyCode", other)
    for node in x.root.iter():
        if node.get("currencyID"):
            node.set("currencyID", other)


@spoil("hours called pieces", CONTEXT)
def _(x):
    for line in x.all("a:InvoiceLine"):
        for path in ("b:InvoicedQuantity", "a:Price/b:BaseQuantity"):
            if ubl.find(line, path) is not None:
                ubl.find(line, path).set("unitCode", "C62")


@spoil("discount dropped, all sums to match", CONTEXT)
def _(x):
    x.need(x.all("a:AllowanceCharge"))
    for node in x.all("a:AllowanceCharge"):
        x.root.remove(node)
    x.remove("a:LegalMonetaryTotal/b:AllowanceTotalAmount")
    x.settle()


@spoil("discount off by a cent, all sums to match", CONTEXT)
def _(x):
    x.add("a:AllowanceCharge/b:Amount", str(x.unit()))
    x.settle()


@spoil("a cent of discount moved to another VAT group", CONTEXT)
def _(x):
    x.add("a:AllowanceCharge/b:Amount", str(x.unit()))
    x.add("a:AllowanceCharge/b:Amount", str(-x.unit()), at=1)
    x.settle()


@spoil("discount's reason changed", CONTEXT)
def _(x):
    x.need("Projektrabatt" in x.one("a:AllowanceCharge/b:AllowanceChargeReason").text or "Treue" in x.one("a:AllowanceCharge/b:AllowanceChargeReason").text)
    x.put("a:AllowanceCharge/b:AllowanceChargeReason", "Skonto")


@spoil("a cancellation of another invoice", CONTEXT)
def _(x):
    x.one("a:BillingReference/a:InvoiceDocumentReference/b:ID").text += "9"


@spoil("attachment cut short", CONTEXT)
def _(x):
    node = x.one("a:AdditionalDocumentReference/a:Attachment/b:EmbeddedDocumentBinaryObject")
    data = base64.b64decode(node.text)
    node.text = base64.b64encode(data[:len(data) // 2]).decode()


# ---- what either notices ----

@spoil("gross off by a cent", ANY)
def _(x):
    x.add("a:LegalMonetaryTotal/b:TaxInclusiveAmount", str(x.unit()))


@spoil("amount due of another sum", ANY)
def _(x):
    x.add("a:LegalMonetaryTotal/b:PayableAmount", "10")


@spoil("an empty element", ANY)
def _(x):
    x.put("a:InvoiceLine/a:Item/b:Name", "")


@spoil("an unknown unit", ANY)
def _(x):
    x.one("a:InvoiceLine/b:InvoicedQuantity").set("unitCode", "Std")


@spoil("type 999", ANY)
def _(x):
    x.put("b:InvoiceTypeCode", "999")


@spoil("no buyer reference", ANY)
def _(x):
    x.remove("b:BuyerReference")


@spoil("no telephone", ANY)
def _(x):
    x.remove("a:AccountingSupplierParty/a:Party/a:Contact/b:Telephone")


@spoil("another specification", ANY)
def _(x):
    x.put("b:CustomizationID", "urn:cen.eu:en16931:2017")


@spoil("country GER", ANY)
def _(x):
    x.put("a:AccountingCustomerParty/a:Party/a:PostalAddress/a:Country/b:IdentificationCode", "GER")


@spoil("no payment means", ANY)
def _(x):
    x.remove("a:PaymentMeans")


@spoil("elements in the wrong order", ANY)
def _(x):
    node = x.one("b:IssueDate")
    x.root.remove(node)
    x.root.insert(0, node)


@spoil("an element that EN 16931 does not use", ANY)
def _(x):
    node = ET.Element(f"{{{ubl.CBC}}}UUID")
    node.text = "4a41f8e4-d4d6-4278-889b-5123e842997d"
    x.root.insert(list(x.root).index(x.one("b:IssueDate")), node)


@spoil("an amount with three decimals", ANY)
def _(x):
    x.one("a:LegalMonetaryTotal/b:PayableAmount").text += "1" if "." in x.one("a:LegalMonetaryTotal/b:PayableAmount").text else ".001"


@spoil("an amount with an exponent", ANY)
def _(x):
    x.one("a:LegalMonetaryTotal/b:PayableAmount").text += "E0"


@spoil("a decimal comma", ANY)
def _(x):
    node = x.one("a:LegalMonetaryTotal/b:PayableAmount")
    x.need("." in node.text)
    node.text = node.text.replace(".", ",")


@spoil("a negative price", ANY)
def _(x):
    for path in ("a:InvoiceLine/a:Price/b:PriceAmount", "a:InvoiceLine/b:InvoicedQuantity"):
        x.need(Decimal(x.one(path).text) != 0)
        x.put(path, str(-Decimal(x.one(path).text)))


@spoil("a date that does not exist", ANY)
def _(x):
    x.put("b:IssueDate", "2026-02-30")


@spoil("reverse charge without reason", ANY)
def _(x):
    x.need(x.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:ID").text == "AE")
    for tag in ("TaxExemptionReason", "TaxExemptionReasonCode"):
        if x.all(f"a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:{tag}"):
            x.remove(f"a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:{tag}")


@spoil("category O with the seller's VAT id", ANY)
def _(x):
    x.need(x.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:ID").text == "O")
    scheme = x.one("a:AccountingSupplierParty/a:Party/a:PartyTaxScheme")
    ubl.find(scheme, "b:CompanyID").text, ubl.find(scheme, "a:TaxScheme/b:ID").text = "DE136695976", "VAT"


@spoil("a VAT group without its lines", ANY)
def _(x):
    groups = x.all("a:TaxTotal/a:TaxSubtotal")
    x.need(len(groups) > 1)
    x.one("a:TaxTotal").remove(groups[-1])


@spoil("a standard rate called exempt", ANY)
def _(x):
    x.need(x.one("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:ID").text == "S")
    x.put("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:ID", "E")


@spoil("cash discount without its line feed", ANY)
def _(x):
    node = x.one("a:PaymentTerms/b:Note")
    x.need("#SKONTO#" in (node.text or ""))
    node.text = node.text.rstrip("\n") + " gern"


@spoil("a discount without reason", ANY)
def _(x):
    for tag in ("AllowanceChargeReason", "AllowanceChargeReasonCode"):
        if x.all(f"a:AllowanceCharge/b:{tag}"):
            x.remove(f"a:AllowanceCharge/b:{tag}")
    x.one("a:AllowanceCharge")


@spoil("a discount of another percentage", ANY)
def _(x):
    x.need(abs(Decimal(x.one("a:AllowanceCharge/b:BaseAmount").text)) > 10)
    x.add("a:AllowanceCharge/b:MultiplierFactorNumeric", "1.5")


@spoil("a cancellation without reference", ANY)
def _(x):
    x.remove("a:BillingReference")


@spoil("a cancellation with a positive line", ANY)
def _(x):
    x.need(x.cancellation and Decimal(x.one("a:InvoiceLine/b:LineExtensionAmount").text) != 0)
    for path in ("a:InvoiceLine/b:LineExtensionAmount", "a:InvoiceLine/b:InvoicedQuantity"):
        x.put(path, str(-Decimal(x.one(path).text)))
    x.settle()


@spoil("a line's period outside the invoice's", ANY)
def _(x):
    x.put("a:InvoiceLine/a:InvoicePeriod/b:EndDate", "2027-12-31")


@spoil("an attachment of a foreign kind", ANY)
def _(x):
    x.one("a:AdditionalDocumentReference/a:Attachment/b:EmbeddedDocumentBinaryObject").set("mimeCode", "text/html")
