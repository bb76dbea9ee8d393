// Finds faults of layout on the page as it is drawn: texts that are cut off or leave their card, and texts that lie on each other.
() => {
    const SLACK = 2; // pixels: line boxes of one paragraph touch
    const short = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 140);
    // On phones the list of messages shows the mark of a status; its word is for screen readers.
    const hidden = (element) => !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
        || element.closest('.visually-hidden, .skip, .messages .message-status, [hidden], option, script, style, noscript, template');

    // The part of a rectangle that its scrolling or cutting ancestors let through.
    const seen = (rect, element) => {
        let { left, top, right, bottom } = rect;
        let cuts = false;
        let unseen = false; // for screen readers alone: drawn in a box of a pixel
        for (let parent = element; parent && parent !== document.documentElement; parent = parent.parentElement) {
            const style = getComputedStyle(parent);
            if (parent !== document.body && (style.overflowX !== 'visible' || style.overflowY !== 'visible')) {
                const box = parent.getBoundingClientRect();
                const before = [left, top, right, bottom];
                unseen ||= box.width <= 2 || box.height <= 2;
                if (style.overflowX !== 'visible') {
                    left = Math.max(left, box.left);
                    right = Math.min(right, box.right);
                }
                if (style.overflowY !== 'visible') {
                    top = Math.max(top, box.top);
                    bottom = Math.min(bottom, box.bottom);
                }
                const scrolls = ['auto', 'scroll'].includes(style.overflowX) || ['auto', 'scroll'].includes(style.overflowY);
                const ellipsis = style.textOverflow === 'ellipsis' && (parent.title || parent.closest('[title]'));
                cuts ||= !scrolls && !ellipsis
                    && (before[2] - right > SLACK || left - before[0] > SLACK || before[3] - bottom > SLACK + 2);
            }
            if (style.position === 'fixed') break;
        }
        return { left, top, right, bottom, cuts, unseen };
    };

    const layer = (element) => {
        for (let parent = element; parent; parent = parent.parentElement) {
            const style = getComputedStyle(parent);
            if (['fixed', 'sticky'].includes(style.position) || parent.matches('dialog, [popover], .leaflet-control')) return parent;
        }
        return null;
    };

    const texts = [];
    const cut = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const element = node.parentElement;
        if (!node.textContent.trim() || hidden(element)) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) {
            if (rect.width < 1 || rect.height < 1) continue;
            const part = seen(rect, element);
            if (part.unseen) continue;
            const card = element.closest('.card')?.getBoundingClientRect();
            const leaves = card && layer(element) === layer(element.closest('.card')) && part.right > card.right + SLACK;
            if ((part.cuts && element.closest('svg') === null) || leaves) cut.push(short(element));
            if (part.right - part.left > 1 && part.bottom - part.top > 1) texts.push({ ...part, element, node, layer: layer(element) });
        }
    }

    texts.sort((a, b) => a.top - b.top);
    const overlapping = [];
    for (let i = 0; i < texts.length; i++) {
        const a = texts[i];
        for (let j = i + 1; j < texts.length && texts[j].top < a.bottom - SLACK; j++) {
            const b = texts[j];
            if (a.node === b.node || a.layer !== b.layer) continue;
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            // Line boxes are taller than letters, so a third of the smaller one is let be.
            if (wide > SLACK && high > Math.min(a.bottom - a.top, b.bottom - b.top) / 3) {
                overlapping.push(`${short(a.element)} | ${short(b.element)}`);
            }
        }
    }
    const unique = (found) => [...new Set(found)].slice(0, 10);
    return { cut: unique(cut), overlapping: unique(overlapping) };
}
