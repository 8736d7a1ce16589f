//! The memory of datagrams that wait for their reader.

/// How much memory the datagrams take that a socket keeps for its reader.
///
/// Source: Linux 6.18, `net.core.rmem_default`, the default of `SO_RCVBUF`.
pub(super) const RMEM_DEFAULT: usize = 212_992;

/// The size of `struct sk_buff` in its cache.
///
/// Source: Linux 6.18 on x86-64; `SO_MEMINFO` shows it as part of each size.
const SK_BUFF: usize = 256;

/// The size of `struct skb_shared_info`, which stands behind the bytes of a buffer.
///
/// Source: Linux 6.18 on x86-64, as above.
const SKB_SHARED_INFO: usize = 320;

/// The sizes in which memory for the head of a buffer is given out: `SKB_SMALL_HEAD_CACHE_SIZE`, then powers of two.
///
/// Source: Linux 6.18, `kmalloc_reserve`.
const HEADS: [usize; 6] = [576, 1024, 2048, 4096, 8192, 16_384];

/// The room for headers before the payload of a datagram over loopback: 28 bytes of IPv4 and UDP, 16 of Ethernet, and 15
/// to align them.
///
/// Source: Linux 6.18, `__ip_append_data`.
const HEADROOM_OVER_IPV4: usize = 59;

/// 48 bytes of IPv6 and UDP, 16 of Ethernet, and 8 for the header of a fragment.
///
/// Source: Linux 6.18, `__ip6_append_data`.
const HEADROOM_OVER_IPV6: usize = 72;

/// Returns how much memory a datagram takes: its `truesize`. Small ones take far more than their bytes.
pub(super) fn truesize(payload: usize, is_ipv4: bool) -> usize {
    let headroom = if is_ipv4 { HEADROOM_OVER_IPV4 } else { HEADROOM_OVER_IPV6 };
    let needed = payload + headroom + SKB_SHARED_INFO;
    match HEADS.into_iter().find(|head| needed <= *head) {
        Some(head) => SK_BUFF + head,
        // Its payload is in pages, behind the smallest head.
        None => SK_BUFF + HEADS[0] + payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Linux 6.18, observed with `SO_MEMINFO` over loopback.
    #[test]
    fn a_datagram_takes_the_memory_that_linux_shows() {
        let over_ipv4 = [
            (0, 832),
            (197, 832),
            (198, 1280),
            (645, 1280),
            (646, 2304),
            (1669, 2304),
            (1670, 4352),
            (3732, 8448),
            (7819, 16_640),
            (16_054, 16_886),
            (65_464, 66_296),
        ];
        for (payload, size) in over_ipv4 {
            assert_eq!(truesize(payload, true), size, "{payload}");
        }
        for (payload, size) in [(184, 832), (185, 1280), (633, 2304), (1657, 4352), (15_993, 16_825)] {
            assert_eq!(truesize(payload, false), size, "{payload}");
        }
    }
}
